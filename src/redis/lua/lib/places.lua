-- @include lib/clock.lua
-- @key meta
-- Where jobs stand in sorted sets, over all priorities.
local BAND = 1099511627776
local MIDDLE = 549755813888

local function band_score(priority, position)
  return as_text(MIDDLE + position - priority * BAND)
end

-- The score of a job that comes now, at the back or the front of its priority.
local function new_score(job, is_front)
  local position = is_front and call("HINCRBY", KEY.meta, "front", -1) or call("HINCRBY", KEY.meta, "tail", 1)
  return band_score(job.priority, position)
end
