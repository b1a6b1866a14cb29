-- @include lib/job.lua
-- One more process wants the outcome of a job that has not ended.
local function watch_by(channel, job)
  local known = job.watchers
  if string.find(" " .. known .. " ", " " .. channel .. " ", 1, true) then return end
  job.watchers = known == "" and channel or known .. " " .. channel
  if not job.claim then return call("HSET", KEY.jobs, job.id, record_of(job, job.state)) end
  call("HSET", KEY.active, job.id, sub(job.claim, 1, CLAIM_BYTES) .. job.lease .. watchers_section(job.watchers))
end
