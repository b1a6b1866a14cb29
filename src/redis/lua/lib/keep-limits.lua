-- @include lib/extras.lua
-- @key limits
-- Stores the limits of a job that is about to be stored. `text` is its JSON.
local function keep_limits(job, text)
  local is_gated = job.limits.limit or job.limits.rate
  job.flags = job.flags + FLAG.limits + (is_gated and FLAG.gated or 0) + (job.limits.step and FLAG.step or 0)
  call("HSET", KEY.limits, job.id, text)
  mark_extra(job.id, job.limits.workflow and "fw" or "f")
end
