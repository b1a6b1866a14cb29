-- @include lib/clock.lua
-- @key waiting
-- @key prioritized
-- @key parked
-- @key meta
-- How many jobs wait, wherever they do.
local function tombstone_count()
  return tonumber(call("HGET", KEY.meta, "tombstones") or "0")
end

local function queue_length()
  return call("LLEN", KEY.waiting) - tombstone_count() + call("ZCARD", KEY.prioritized)
end

local function waiting_count()
  return queue_length() + call("ZCARD", KEY.parked)
end
