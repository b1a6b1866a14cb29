-- @include lib/due.lua
-- @key delayed
-- @key retrying
-- @key ttl
-- @key leases
-- ms until the task needs somebody, -1 when nothing is due ever.
local function next_due()
  local due = math.huge
  if call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl) > 0 then due = next_job_due() end
  local lease = call("ZRANGE", KEY.leases, 0, 0, "WITHSCORES")
  if lease[2] then due = math.min(due, tonumber(lease[2])) end
  if due == math.huge then return -1 end
  return math.max(0, math.ceil(due - now_us / 1000))
end
