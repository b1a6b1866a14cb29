-- @include lib/clock.lua
-- @key idempotent
-- @key debounced
-- Keys that stand for a job: whoever brings the same key later is told of it, or replaces it. A key is given back
-- by the job that holds it, never by one that held it before.
local function split_at_blank(text)
  local blank = string.find(text, " ", 1, true)
  return string.sub(text, 1, blank - 1), string.sub(text, blank + 1)
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
