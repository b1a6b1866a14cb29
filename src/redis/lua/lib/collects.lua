-- @include lib/timers.lua
-- @key collects
-- @key batches
-- @key meta
-- Jobs that are collected and run as one batch. `collects` has per key when its batch runs by time, µs, and when its
-- first job came, ms; `batches` has the keys whose batch is ready, in order.
local function collect_timer(key)
  return "c" .. key
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

local function end_collect(key)
  stop_timer(collect_timer(key))
  call("ZREM", KEY.batches, key)
  call("HDEL", KEY.collects, key)
end
