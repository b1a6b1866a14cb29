-- Cancels jobs: at once, or by telling the worker of an active one.
-- @arg keep_cancelled number
-- @arg items text... id, reason
-- @returns readonly [replies: Buffer[], putOut: Buffer[]]
-- @oom allowed
-- @include lib/cancel-job.lua
-- @include lib/expire-due.lua
-- @include lib/trim.lua
-- Reply per item: c cancelled, q requested, m missing, or the letter of the final state in upper case.
kept[STATE.cancelled] = keep_cancelled

local _, more_overdue = expire_due()
local reply = {}
for at = items, #ARGV, 2 do
  if more_overdue then expire_named(ARGV[at]) end
  reply[#reply + 1] = cancel_job(ARGV[at], ARGV[at + 1])
end
trim_touched()
tell_workers()
if noticed then publish_notices() end
return { reply, put_out }
