-- @include lib/clock.lua
-- @key failed
-- @key cancelled
-- @key expired
-- Sorted sets of jobs that have ended, by their end.
local function final_key(state)
  return state == STATE.failed and KEY.failed or state == STATE.cancelled and KEY.cancelled or KEY.expired
end
