-- @include lib/timed.lua
-- @key leases
-- @key delayed
-- @key retrying
-- @key ttl
-- @key timers
-- What the clock brings: due jobs become waiting, overdue ones expire.
local function first_score(key)
  local first = call("ZRANGE", key, 0, 0, "WITHSCORES")
  return tonumber(first[2] or math.huge)
end

-- The next due time of jobs and timers, ms.
local function next_job_due()
  return math.min(first_score(KEY.delayed) / 1000, first_score(KEY.retrying) / 1000, math.ceil(first_score(KEY.ttl)),
    first_score(KEY.timers) / 1000)
end

-- ms until the task needs somebody, -1 when nothing is due ever.
-- `may_have_due`: whether delayed and retrying jobs, TTLs or timers may exist. `known`: what next_job_due() said, where that
-- has not changed but for timers that were set.
local function next_due(may_have_due, known)
  local due = math.huge
  if timed or may_have_due then due = not timed and known or next_job_due() end
  due = math.min(due, first_score(KEY.leases))
  if due == math.huge then return -1 end
  return math.max(0, math.ceil(due - now_us / 1000))
end
