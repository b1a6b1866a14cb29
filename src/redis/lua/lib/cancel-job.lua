-- @include lib/cancelling.lua
-- @include lib/leave-waiting.lua
-- @include lib/leave-due.lua
-- @key delayed
-- @key retrying
-- @key active
-- @key cancels
-- @key notices
-- Cancels a job at once, or tells the worker of an active one.
local notices = {}

-- The reason of the first request stays.
local function request_cancel(job, reason)
  if call("HSETNX", KEY.cancels, job.id, reason) == 0 then return end
  call("HSET", KEY.active, job.id, pack(CLAIM_FORMAT, job.fence, job.claimed, CLAIM.cancel) .. sub(job.claim, CLAIM_BYTES + 1))
  notices[#notices + 1] = pack("<HI4", #job.id, #reason) .. job.id .. reason
end

local function cancel_now(job, reason)
  if job.state == STATE.waiting then
    leave_waiting(job)
  elseif job.state == STATE.delayed then
    leave_due(KEY.delayed, job.id)
  else
    leave_due(KEY.retrying, job.id)
  end
  end_cancelled(job, reason)
end

-- Reply: c cancelled, q requested, m missing, or the letter of the final state in upper case.
local function cancel_job(id, reason)
  local job = load_job(id)
  if not job then return "m" end
  if not GUARD.cancel[job.state] then return string.upper(job.state) end
  if job.state == STATE.active then
    request_cancel(job, reason)
    return "q"
  end
  cancel_now(job, reason)
  return "c"
end

-- Tells the workers; every script that cancels calls it, once per task.
local function tell_workers()
  tell_in_parts(KEY.notices, notices, "")
  notices = {}
end
