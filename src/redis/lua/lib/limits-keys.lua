-- @include lib/clock.lua
-- @rare
-- @key unique
-- @key idempotent
-- @key debounced
-- Keys that stand for a job: whoever brings the same key later is told of it, or replaces it. A key is given back
-- by the job that holds it, never by one that held it before.
local function split_at_blank(text)
  local blank = string.find(text, " ", 1, true)
  return string.sub(text, 1, blank - 1), string.sub(text, blank + 1)
end

local function take_unique(job, key)
  call("HSET", KEY.unique, key, job.id)
end

local function take_idempotent(job, idempotency)
  call("SET", KEY.idempotent .. idempotency.key, idempotency.digest .. " " .. job.id)
end

-- The digest and the id of the job that stands for the key, nil when the key is free.
local function read_idempotent(key)
  local stored = call("GET", KEY.idempotent .. key)
  if stored then return split_at_blank(stored) end
end

-- The time at which the job of this key was first dispatched, and the id of the last, nil when there is none.
local function read_debounced(key)
  local stored = call("HGET", KEY.debounced, key)
  if stored then return split_at_blank(stored) end
end

local function holds_idempotent(job, idempotency)
  local _, id = read_idempotent(idempotency.key)
  return id == job.id
end

-- The job is waiting, perhaps for another time: keys that were freed in between are its own again.
local function hold_keys(job, limits)
  if job.holds_keys then return end
  if limits.unique then call("HSETNX", KEY.unique, limits.unique.key, job.id) end
  if limits.idempotency then
    if not read_idempotent(limits.idempotency.key) then
      take_idempotent(job, limits.idempotency)
    elseif holds_idempotent(job, limits.idempotency) then
      call("PERSIST", KEY.idempotent .. limits.idempotency.key)
    end
  end
end

-- The job is over.
local function free_keys(job, limits)
  if limits.unique and call("HGET", KEY.unique, limits.unique.key) == job.id then
    call("HDEL", KEY.unique, limits.unique.key)
  end
  if limits.idempotency and holds_idempotent(job, limits.idempotency) then
    call("PEXPIRE", KEY.idempotent .. limits.idempotency.key, as_text(limits.idempotency.windowMs))
  end
  if limits.debounce then
    local _, id = read_debounced(limits.debounce.key)
    if id == job.id then call("HDEL", KEY.debounced, limits.debounce.key) end
  end
end
