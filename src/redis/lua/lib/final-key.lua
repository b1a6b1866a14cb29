-- @include lib/clock.lua
-- @key failed
-- @key cancelled
-- @key expired
-- Sorted sets of jobs that have ended, by their end.
local function final_key(state)
  if state == STATE.failed then return KEY.failed end
  if state == STATE.cancelled then return KEY.cancelled end
  return KEY.expired
end
