-- @include lib/job.lua
-- @include lib/claim-end.lua
-- One more process wants the outcome of a job that has not ended.
local function watch_by(watcher, job)
  local known = job.watchers
  if string.find(" " .. known .. " ", " " .. watcher .. " ", 1, true) then return end
  job.watchers = known == "" and watcher or known .. " " .. watcher
  if not job.claim then return call("HSET", KEY.jobs, job.id, record_of(job, job.state)) end
  call("HSET", KEY.active, job.id, sub(job.claim, 1, CLAIM_BYTES) .. job.lease .. claim_end(job.watchers))
end
