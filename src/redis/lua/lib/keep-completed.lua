-- @include lib/forget.lua
-- @key completed
-- @key meta
-- Adds jobs to those that have completed, of which so many may stay. The oldest go by hundreds, so that few calls pay for
-- it: there may be a tenth more until then, or until a sweep.
local MOST_OVER = 100
local MOST_DROPPED = 1000

local function add_completed(ids, keep)
  local excess = call("RPUSH", KEY.completed, unpack(ids)) - keep
  if excess <= math.min(MOST_OVER, math.floor(keep / 10)) then return end
  excess = math.min(excess, MOST_DROPPED)
  call("HINCRBY", KEY.meta, "completed", excess)
  forget(call("LPOP", KEY.completed, excess))
end
