-- @include lib/clock.lua
-- @include lib/told.lua
-- @key wake
-- One member in the set: the next waiter is woken; it is there or not, however often it is put.
local function wake_one()
  if call("ZADD", KEY.wake, 0, "1") == 1 and spread then call(spread, KEY.wake, "") end
end
