-- Finds tasks with something to claim among several, for a waiter that has not been woken for long.
-- @returns number[]
-- @include lib/clock.lua
-- @key waiting
-- @key prioritized
-- @key delayed
-- @key retrying
-- Reply: positions (from 0) of the tasks to look at. A wake that died with the process it was given to is
-- made up for by this.
local function is_due(key)
  local first = call("ZRANGE", key, 0, 0, "WITHSCORES")
  return first[2] ~= nil and tonumber(first[2]) <= now_us
end

local found = {}
for index = 1, #KEYS do
  root = KEYS[index]
  if call("EXISTS", KEY.waiting, KEY.prioritized) > 0 or is_due(KEY.delayed) or is_due(KEY.retrying) then
    found[#found + 1] = index - 1
  end
end
return found
