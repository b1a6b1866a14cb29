-- @include lib/wake.lua
-- @key suspects
-- @key parked
-- Suspects: jobs that were lost together with others, one of which may have ended their worker. A waiting one is in
-- `suspects` instead of its queue and is claimed apart from others. It stays a suspect until a run of it has ended.
local function is_suspect(job)
  return math.floor(job.flags / FLAG.suspect) % 2 == 1
end

local function acquit(job)
  if is_suspect(job) then job.flags = job.flags - FLAG.suspect end
end

local function set_apart(job, score)
  call("ZADD", KEY.suspects, score, job.id)
  call("ZADD", KEY.parked, score, job.id)
  wake_one()
end
