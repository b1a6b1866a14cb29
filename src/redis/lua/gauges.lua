-- Says how tasks stand, in numbers.
-- @returns readonly [now: number, tasks: number[][]]
-- @include lib/record.lua
-- @include lib/places.lua
-- @key waiting
-- @key prioritized
-- @key parked
-- @key tombstones
-- @key jobs
-- @key meta
-- @key delayed
-- @key retrying
-- @key ttl
-- @key active
-- @key paused
-- @key completed
-- @key failed
-- @key cancelled
-- @key expired
-- Passed are the roots of the tasks. Reply of each: jobs by the index they are in, in the order of the lifecycle table; since
-- when it is paused, since when the oldest job waits, when the next is due, -1 where there is none; how many are overdue; and
-- how many of each final state are in its index no more, see lib/past.lua.
local MOST_BANDS, MOST_GHOSTS = 10, 20
local present, oldest = as_text(now)

local function look_at(id)
  local raw = call("HGET", KEY.jobs, id)
  if not raw or not is_readable(raw) then return end
  local enqueued, _, since = unpack_struct("<I6I6I6", raw, 8)
  if since == 0 then since = enqueued end
  if not oldest or since < oldest then oldest = since end
end

-- An id with tombstones has them first, so it is passed over.
local function look_at_list(tombstones)
  if tombstones == 0 then return look_at(call("LINDEX", KEY.waiting, 0)) end
  local ids = call("LRANGE", KEY.waiting, 0, MOST_GHOSTS - 1)
  for index, ghosts in ipairs(call("HMGET", KEY.tombstones, unpack(ids))) do
    if not ghosts then return look_at(ids[index]) end
  end
end

-- The first of each priority in a sorted set of `count`.
local function look_at_bands(key, count)
  if count == 0 then return end
  local first = call("ZRANGE", key, 0, 0, "WITHSCORES")
  look_at(first[1])
  for _ = 2, math.min(count, MOST_BANDS) do
    local next_band = as_text((math.floor(tonumber(first[2]) / BAND) + 1) * BAND)
    first = call("ZRANGE", key, next_band, "+inf", "BYSCORE", "LIMIT", 0, 1, "WITHSCORES")
    if not first[1] then return end
    look_at(first[1])
  end
end

local function first_due(key, count)
  if count == 0 then return math.huge end
  return math.floor(tonumber(call("ZRANGE", key, 0, 0, "WITHSCORES")[2]) / 1000)
end

-- Most tasks have none of these: one command says so for all.
local has_rare
local function rare_count(key)
  return has_rare and call("ZCARD", key) or 0
end

local function gauges()
  has_rare = call("EXISTS", KEY.prioritized, KEY.parked, KEY.retrying, KEY.cancelled, KEY.expired, KEY.paused, KEY.ttl) > 0
  local kept = call("HMGET", KEY.meta, "tombstones", "completed", "past:" .. STATE.completed, "past:" .. STATE.failed,
    "past:" .. STATE.cancelled, "past:" .. STATE.expired)
  for index = 1, 6 do kept[index] = tonumber(kept[index] or "0") end
  local listed, ranked, parked = call("LLEN", KEY.waiting), rare_count(KEY.prioritized), rare_count(KEY.parked)
  local delayed, retrying = call("ZCARD", KEY.delayed), rare_count(KEY.retrying)
  oldest = nil
  if listed > kept[1] then look_at_list(kept[1]) end
  look_at_bands(KEY.prioritized, ranked)
  look_at_bands(KEY.parked, parked)
  local due = math.min(first_due(KEY.delayed, delayed), first_due(KEY.retrying, retrying))
  return {
    listed - kept[1] + ranked + parked, delayed, call("HLEN", KEY.active), call("LLEN", KEY.completed), call("ZCARD", KEY.failed),
    retrying, rare_count(KEY.cancelled), rare_count(KEY.expired), tonumber(has_rare and call("GET", KEY.paused) or -1), oldest or -1,
    due == math.huge and -1 or due, has_rare and call("ZCOUNT", KEY.ttl, "-inf", present) or 0, kept[2] + kept[3], kept[4], kept[5], kept[6],
  }
end

local tasks = {}
for index = 1, #KEYS do
  root = KEYS[index]
  tasks[index] = gauges()
end
return { now, tasks }
