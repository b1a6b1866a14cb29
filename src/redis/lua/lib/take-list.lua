-- @include lib/clock.lua
-- @key waiting
-- @key prioritized
-- @key tombstones
-- @key meta
-- Takes from the list, without its tombstones, and from a band of priorities.
local MOST_LOOKED = 2000

-- Removes the tombstones among ids popped from the list.
local function without_tombstones(popped)
  local real = {}
  for index, count in ipairs(call("HMGET", KEY.tombstones, unpack(popped))) do
    local id = popped[index]
    if not count then
      real[#real + 1] = id
    else
      if call("HINCRBY", KEY.tombstones, id, -1) <= 0 then call("HDEL", KEY.tombstones, id) end
      call("HINCRBY", KEY.meta, "tombstones", -1)
    end
  end
  return real
end

local function take_band(ids, from, to, count)
  local taken = call("ZRANGE", KEY.prioritized, from, to, "BYSCORE", "LIMIT", 0, count)
  if #taken == 0 then return end
  call("ZREM", KEY.prioritized, unpack(taken))
  call("HINCRBY", KEY.meta, "skew", #taken)
  for _, id in ipairs(taken) do ids[#ids + 1] = id end
end

local function take_list(ids, count)
  local looked = 0
  while #ids < count and looked < MOST_LOOKED do
    local popped = call("LPOP", KEY.waiting, count - #ids)
    if not popped or #popped == 0 then return end
    looked = looked + #popped
    local real = without_tombstones(popped)
    call("HINCRBY", KEY.meta, "skew", #real - #popped)
    for _, id in ipairs(real) do ids[#ids + 1] = id end
  end
end
