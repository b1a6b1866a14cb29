-- @include lib/queue.lua
-- @rare
-- @key suspects
-- @key parked
-- @key meta
-- Suspects: jobs that were lost together with others, one of which may have ended their worker. A waiting one is in
-- `suspects` instead of its queue and is claimed apart from others. It stays a suspect until a run of it has ended.
local ASK_AGAIN_MS = 2000

local function is_suspect(job)
  return math.floor(job.flags / FLAG.suspect) % 2 == 1
end

local function suspect(job)
  if not is_suspect(job) then job.flags = job.flags + FLAG.suspect end
end

local function acquit(job)
  if is_suspect(job) then job.flags = job.flags - FLAG.suspect end
end

local function set_apart(job, score)
  call("ZADD", KEY.suspects, score, job.id)
  call("ZADD", KEY.parked, score, job.id)
  wake_one()
end

-- Returns whether it was there.
local function leave_apart(job)
  if not is_suspect(job) or call("ZREM", KEY.suspects, job.id) == 0 then return false end
  call("ZREM", KEY.parked, job.id)
  return true
end

local function has_suspects()
  return call("EXISTS", KEY.suspects) == 1
end

-- Whether a claim should be answered by asking its process to come apart for a suspect: one in so long a time is.
local function ask_apart()
  local asked = tonumber(call("HGET", KEY.meta, "asked") or "0")
  if asked <= now and now - asked < ASK_AGAIN_MS then return false end
  free_writes()
  call("HSET", KEY.meta, "asked", as_text(now))
  return true
end
