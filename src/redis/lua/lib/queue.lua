-- @include lib/places.lua
-- @include lib/wake.lua
-- @key waiting
-- @key prioritized
-- @key meta
-- The jobs that are simply next: priority 0 in a list, others in a sorted set.
local function queue_back(job)
  if job.priority == 0 then
    call("RPUSH", KEY.waiting, job.id)
  else
    call("ZADD", KEY.prioritized, new_score(job, false), job.id)
  end
  wake_one()
end

local function queue_front(job)
  if job.priority == 0 then
    call("LPUSH", KEY.waiting, job.id)
    call("HINCRBY", KEY.meta, "skew", 1)
  else
    call("ZADD", KEY.prioritized, new_score(job, true), job.id)
  end
  wake_one()
end
