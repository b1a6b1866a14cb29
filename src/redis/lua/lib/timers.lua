-- @include lib/timed.lua
-- @include lib/wake.lua
-- @key timers
-- Times at which something other than a job is due: a letter that says what, then its key.
-- Somebody must learn of it when it is now the first.
local function set_timer(name, at_us)
  timed = true
  local has_changed = call("ZADD", KEY.timers, "CH", as_text(at_us), name) == 1
  if has_changed and call("ZRANGE", KEY.timers, 0, 0)[1] == name then wake_one() end
end

local function stop_timer(name)
  call("ZREM", KEY.timers, name)
end
