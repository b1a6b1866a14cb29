-- @include lib/extras.lua
-- @key history
-- Past attempts of a job.
-- outcome: a state letter, or stalled.
local function remember_attempt(job, outcome, error_text)
  call("RPUSH", KEY.history .. job.id,
    pack("<HI6I6c1B", job.attempt + 1, job.claimed, now, outcome, math.min(#job.lease, 255))
      .. sub(job.lease, 1, 255) .. error_text)
  call("LTRIM", KEY.history .. job.id, -MAX_HISTORY, -1)
  mark_extra(job.id, "h")
end
