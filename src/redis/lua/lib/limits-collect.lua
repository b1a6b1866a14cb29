-- @include lib/queue.lua
-- @include lib/timers.lua
-- @rare
-- @key parked
-- @key collect
-- @key collects
-- @key batches
-- @key timers
-- @key limits
-- @key meta
-- Jobs that are collected and run as one batch. `collects` has per key when its batch runs by time, µs, and when its
-- first job came, ms; `batches` has the keys whose batch is ready, in order.
local MOST_COLLECTED = 1000

local function collect_timer(key)
  return "c" .. key
end

-- When the batch runs by time, with a job that comes now.
local function batch_due(collect, first)
  local due = now_us + collect.delayMs * 1000
  if collect.maxWaitMs then due = math.min(due, (first + collect.maxWaitMs) * 1000) end
  return due
end

local function make_ready(key)
  stop_timer(collect_timer(key))
  call("ZADD", KEY.batches, "NX", call("HINCRBY", KEY.meta, "tail", 1), key)
  wake_one()
end

-- Only the first job of a batch wakes somebody for its timer: the others put it off.
local function await_batch(key, due)
  timed = true
  if call("ZADD", KEY.timers, as_text(due), collect_timer(key)) == 1 then wake_one() end
end

local function enter_collect(job, collect, is_front)
  local score = new_score(job, is_front)
  call("ZADD", KEY.parked, score, job.id)
  call("ZADD", KEY.collect .. collect.key, score, job.id)
  local first = string.match(call("HGET", KEY.collects, collect.key) or "", ":(%d+)")
  first = first and tonumber(first) or now
  local due = batch_due(collect, first)
  call("HSET", KEY.collects, collect.key, as_text(due) .. ":" .. as_text(first))
  if call("ZSCORE", KEY.batches, collect.key) then return end
  local is_full = call("ZCARD", KEY.collect .. collect.key) >= collect.maxSize
  if is_full or is_front or job.attempt > 0 or due <= now_us then
    make_ready(collect.key)
  else
    await_batch(collect.key, due)
  end
end

local function end_collect(key)
  stop_timer(collect_timer(key))
  call("ZREM", KEY.batches, key)
  call("HDEL", KEY.collects, key)
end

local function leave_collect(job, collect)
  call("ZREM", KEY.collect .. collect.key, job.id)
  if call("EXISTS", KEY.collect .. collect.key) == 0 then end_collect(collect.key) end
end

-- What stays when a batch was taken is ready when it is a batch itself or its time has come.
local function keep_collecting(key, left, max_size)
  if left == 0 then return end_collect(key) end
  local due = tonumber(string.match(call("HGET", KEY.collects, key) or "0", "%d+"))
  call("HSET", KEY.collects, key, as_text(due) .. ":" .. as_text(now))
  if left >= max_size or due <= now_us then return end
  call("ZREM", KEY.batches, key)
  await_batch(key, due)
end

local function largest_batch(key)
  local first = call("ZRANGE", KEY.collect .. key, 0, 0)[1]
  local limits = first and call("HGET", KEY.limits, first)
  return limits and cjson.decode(limits).collect.maxSize or 1
end

-- The jobs of a batch; they leave it.
local function pop_batch(key, max_size)
  local batch = pop_parked(KEY.collect .. key, max_size)
  keep_collecting(key, call("ZCARD", KEY.collect .. key), max_size)
  return batch
end

-- Adds the jobs of up to `count` batches that are ready to `ids`; returns how many batches.
local function take_batches(ids, count)
  local taken = 0
  while taken < count and #ids < MOST_COLLECTED do
    local key = call("ZRANGE", KEY.batches, 0, 0)[1]
    if not key then break end
    for _, id in ipairs(pop_batch(key, largest_batch(key))) do ids[#ids + 1] = id end
    taken = taken + 1
  end
  return taken
end
