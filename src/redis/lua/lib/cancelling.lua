-- @include lib/finish.lua
-- Ends a job as cancelled that has left the index of its state.
local function end_cancelled(job, reason)
  drop_ttl(job)
  finish(job, TO.cancel.cancelled, section(SECTION.reason, reason), keep_section(job.tail, SECTION.error))
end
