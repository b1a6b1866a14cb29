-- @include lib/clock.lua
-- @key jobs
-- A record: head, body as the client made it, sections. A claimed job keeps its waiting record and has a
-- claim in `active` beside it, a job that was plain and completed at once keeps it and has its end in `done`; every
-- other state is the record's first letter.

local function section(kind, bytes)
  return kind .. pack("<I4", #bytes) .. bytes
end

local function is_readable(raw)
  return #raw >= HEAD_BYTES and string.find(STATE_LETTERS, sub(raw, 1, 1), 1, true)
    and #raw >= HEAD_BYTES + unpack_struct("<I4", raw, HEAD_BYTES - 3)
end
