-- Cancels jobs: at once, or by telling the worker of an active one.
-- @arg keep_cancelled number
-- @arg items text... id, reason
-- @returns Buffer[]
-- @oom allowed
-- @include lib/cancelling.lua
-- @key active
-- @key cancels
-- @key notices
-- Reply per item: c cancelled, q requested, m missing, or the letter of the final state in upper case.
kept[STATE.cancelled] = keep_cancelled
local notices = {}

-- The reason of the first request stays.
local function request(job, reason)
  if call("HSETNX", KEY.cancels, job.id, reason) == 0 then return end
  call("HSET", KEY.active, job.id, pack(CLAIM_FORMAT, job.fence, job.claimed, CLAIM.cancel) .. job.lease)
  notices[#notices + 1] = pack("<HI4", #job.id, #reason) .. job.id .. reason
end

local function cancel_now(job, reason)
  if job.state == STATE.waiting then
    leave_waiting(job)
  elseif job.state == STATE.delayed then
    call("ZREM", KEY.delayed, job.id)
  else
    call("ZREM", KEY.retrying, job.id)
  end
  end_cancelled(job, reason)
end

local function cancel_one(id, reason)
  local job = load_job(id)
  if not job then return "m" end
  if not GUARD.cancel[job.state] then return string.upper(job.state) end
  if job.state == STATE.active then
    request(job, reason)
    return "q"
  end
  cancel_now(job, reason)
  return "c"
end

local more_overdue = expire_first()
local reply = {}
for at = items, #ARGV, 2 do
  if more_overdue then expire_named(ARGV[at]) end
  reply[#reply + 1] = cancel_one(ARGV[at], ARGV[at + 1])
end
trim_touched()
publish_in_parts(KEY.notices, notices, "")
if noticed then publish_notices() end
return reply
