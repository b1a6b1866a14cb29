-- @include lib/collects.lua
-- @include lib/pop-parked.lua
-- @key jobs
-- @key collect
-- @key collects
-- @key batches
-- @key limits
-- Batches that are ready, taken whole; one whose records are too large is taken in parts.
local MOST_COLLECTED, BATCH_PART, MOST_BATCH_BYTES = 1000, 100, 8388608
-- Records that were read to see how large a batch is, by id, so that they are not read again.
local read_ahead

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

-- How many of the first of a batch may be read at once: all of them, unless they are large.
local function readable_of(ids)
  local bytes = 0
  read_ahead = read_ahead or {}
  for from = 1, #ids, BATCH_PART do
    if bytes >= MOST_BATCH_BYTES then return from - 1 end
    for index, raw in ipairs(call("HMGET", KEY.jobs, unpack(ids, from, math.min(from + BATCH_PART - 1, #ids)))) do
      bytes = bytes + (raw and #raw or 0)
      read_ahead[ids[from + index - 1]] = raw
    end
  end
  return #ids
end

-- The jobs of a batch; they leave it. What is left of a batch that was cut stays ready.
local function pop_batch(key, max_size)
  local size = math.min(max_size, call("ZCARD", KEY.collect .. key))
  local count = size > BATCH_PART and readable_of(call("ZRANGE", KEY.collect .. key, 0, size - 1)) or size
  local batch = pop_parked(KEY.collect .. key, count)
  if count == size then keep_collecting(key, call("ZCARD", KEY.collect .. key), max_size) end
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
