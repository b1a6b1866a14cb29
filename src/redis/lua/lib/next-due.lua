-- @include lib/due.lua
-- @include lib/timed.lua
-- @key leases
-- ms until the task needs somebody, -1 when nothing is due ever.
-- `may_have_due`: whether delayed and retrying jobs, TTLs or timers may exist.
local function next_due(may_have_due)
  local due = math.huge
  if may_have_due or timed then due = next_job_due() end
  local lease = call("ZRANGE", KEY.leases, 0, 0, "WITHSCORES")
  if lease[2] then due = math.min(due, tonumber(lease[2])) end
  if due == math.huge then return -1 end
  return math.max(0, math.ceil(due - now_us / 1000))
end
