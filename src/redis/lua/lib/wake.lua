-- @include lib/clock.lua
-- @key wake
-- One member in the set: the next waiter is woken; it is there or not, however often it is put.
local function wake_one()
  call("ZADD", KEY.wake, 0, "1")
end
