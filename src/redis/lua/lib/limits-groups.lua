-- @include lib/places.lua
-- @include lib/wake.lua
-- @key parked
-- @key group
-- @key ring
-- @key weights
-- @key meta
-- Groups that take turns: start-time fair queueing (Goyal, Vin, Cheng 1996). `ring` has the groups by the virtual
-- time of their next turn, which grows by less for a heavier group; one whose queue was found empty leaves it, and one
-- that comes starts at the present. Jobs without a group count as the group "".
local function virtual_now()
  return tonumber(call("HGET", KEY.meta, "vtime") or "0")
end

local function enter_group_at(job, group, score)
  call("ZADD", KEY.parked, score, job.id)
  call("ZADD", KEY.group .. group.key, score, job.id)
  call("ZADD", KEY.ring, "NX", as_text(virtual_now()), group.key)
  if group.weight then call("HSET", KEY.weights, group.key, group.weight) else call("HDEL", KEY.weights, group.key) end
  wake_one()
end

local function enter_group(job, group, is_front)
  enter_group_at(job, group, new_score(job, is_front))
end

local function leave_group(job, group)
  return call("ZREM", KEY.group .. group.key, job.id)
end
