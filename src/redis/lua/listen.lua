-- Says that somebody listens to the events of a task, so that scripts make them.
-- @arg listener text
-- @arg ms number how long that is true when it is not said again, which happens more often than that; 0: it is true no more
-- @returns number
-- @oom allowed
-- @include lib/clock.lua
-- @key heard
-- Reply: 1 when it was not known of this listener.
-- A listener is kept with the stretch of time in which it was said last. One that is two stretches old has died: those who
-- live take it away, since the key ends by itself only when they do.
local stretch = ms > 0 and math.floor(now / ms) or 0
local own = as_text(stretch) .. ":" .. listener
if ms > 0 and call("SISMEMBER", KEY.heard, own) == 1 then
  call("PEXPIRE", KEY.heard, as_text(ms))
  return 0
end
local was_known = 0
for _, member in ipairs(call("SMEMBERS", KEY.heard)) do
  local said, name = string.match(member, "^(%d+):(.*)$")
  if name == listener then was_known = 1 end
  if name == listener or said and ms > 0 and tonumber(said) < stretch - 1 then call("SREM", KEY.heard, member) end
end
if ms == 0 then return was_known end
call("SADD", KEY.heard, own)
call("PEXPIRE", KEY.heard, as_text(ms))
return 1 - was_known
