-- @include lib/finish.lua
-- Jobs whose TTL has passed end.
-- Ends a job that is in no index any more. `score` is that of its TTL.
local function end_expired(job, score)
  job.expires = math.ceil(score)
  if not is_discard(job) then return finish(job, TO.expire.expired, "") end
  if has_limits(job) then limits_end(job, TO.expire.expired, "") end
  tell_watchers(job, TO.expire.expired, "")
  emit(TO.expire.expired, job.id, job.attempt, "")
  pass_by(job, TO.expire.expired)
end
