-- Says that somebody listens to the events of a task, so that scripts make them.
-- @arg listener text
-- @arg ms number how long that is true when it is not said again; 0: it is true no more
-- @returns number
-- @oom allowed
-- @include lib/clock.lua
-- @key heard
-- Reply: 1 when it was not known of this listener.
if ms == 0 then return call("SREM", KEY.heard, listener) end
local is_new = call("SADD", KEY.heard, listener)
call("PEXPIRE", KEY.heard, as_text(ms))
return is_new
