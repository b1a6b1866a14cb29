-- @include lib/end-expired.lua
-- @include lib/leave-due.lua
-- @include lib/leave-waiting.lua
-- @key ttl
-- @key delayed

local function expire_one(job, score)
  call("ZREM", KEY.ttl, job.id)
  if not GUARD.expire[job.state] then return end
  if job.state == STATE.waiting then leave_waiting(job) else leave_due(KEY.delayed, job.id) end
  end_expired(job, score)
end

-- Brings the clock's effects up to date for a verb that names `id`, however many are overdue.
local function expire_named(id)
  local expires = call("ZSCORE", KEY.ttl, id)
  if not expires or tonumber(expires) > now then return end
  local job = load_job(id)
  if job then expire_one(job, tonumber(expires)) else call("ZREM", KEY.ttl, id) end
end
