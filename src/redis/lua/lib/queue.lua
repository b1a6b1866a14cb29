-- @include lib/job.lua
-- @include lib/wake.lua
-- @include lib/waiting-count.lua
-- @rare
-- @key waiting
-- @key prioritized
-- @key tombstones
-- @key parked
-- @key ring
-- @key batches
-- @key meta
-- The jobs that are simply next: priority 0 in a list, others in a sorted set. Taking a job out of the middle
-- of a long list would cost a walk over all of it, so its entry stays as a tombstone that a claim skips.
local LONGEST_WALK = 2000
local BAND = 1099511627776
local MIDDLE = 549755813888
-- How far in front of the others of their priority jobs come back that had been parked.
local FRONT = 274877906944

local function band_score(priority, position)
  return as_text(MIDDLE + position - priority * BAND)
end

-- Later than every place of its priority.
local function last_place(priority)
  return band_score(priority, MIDDLE - 1)
end

-- In front of all others of its priority, in the order of `place`: for priority 0, in front of the list.
local function front_score(priority, place)
  return as_text(tonumber(place) - FRONT - (priority == 0 and MIDDLE or 0))
end

-- The score of a job that comes now, at the back or the front of its priority.
local function new_score(job, is_front)
  local position = is_front and call("HINCRBY", KEY.meta, "front", -1) or call("HINCRBY", KEY.meta, "tail", 1)
  return band_score(job.priority, position)
end

-- The first `count` ids of a queue of jobs parked; they leave it.
local function pop_parked(key, count)
  local ids = call("ZRANGE", key, 0, count - 1)
  if #ids > 0 then
    call("ZREMRANGEBYRANK", key, 0, #ids - 1)
    call("ZREM", KEY.parked, unpack(ids))
    call("HINCRBY", KEY.meta, "skew", #ids)
  end
  return ids
end

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

local function leave_queue(job)
  if job.priority ~= 0 and call("ZREM", KEY.prioritized, job.id) == 1 then return end
  if call("LLEN", KEY.waiting) <= LONGEST_WALK then
    call("LREM", KEY.waiting, 1, job.id)
  else
    call("HINCRBY", KEY.tombstones, job.id, 1)
    call("HINCRBY", KEY.meta, "tombstones", 1)
  end
end

-- Whether a claim would find something, or groups to clear away.
local function has_next()
  return queue_length() > 0 or call("EXISTS", KEY.ring, KEY.batches) > 0
end
