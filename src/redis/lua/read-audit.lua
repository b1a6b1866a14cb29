-- Reads changes by hand, the newest first.
-- @arg before text id of the last of a page before; "": the first page
-- @arg limit number
-- @returns (readonly [id: Buffer, fields: readonly Buffer[]])[]
-- @key audit
-- @include lib/clock.lua
return call("XREVRANGE", KEY.audit, before == "" and "+" or "(" .. before, "-", "COUNT", as_text(limit))
