-- @include lib/clock.lua
-- @key parked
-- @key meta
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
