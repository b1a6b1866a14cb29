-- Tells whoever works on a task what a worker is told to do.
-- @arg said text the number of the command, the command and the worker, blanks between
-- @returns number
-- @oom allowed
-- @include lib/clock.lua
-- @include lib/told.lua
-- @key notices
-- The notice is one of a cancel without an id, as that of a pause is, which gives no reason.
return call(spread or "PUBLISH", KEY.notices, pack("<HI4", 0, #said) .. said)
