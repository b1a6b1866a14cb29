-- @include lib/collects.lua
-- @include lib/places.lua
-- @key parked
-- @key collect
-- @key collects
-- @key batches
-- When the batch runs by time, with a job that comes now.
local function batch_due(collect, first)
  local due = now_us + collect.delayMs * 1000
  if collect.maxWaitMs then due = math.min(due, (first + collect.maxWaitMs) * 1000) end
  return due
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
