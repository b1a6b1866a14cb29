-- @include lib/limits-groups.lua
-- @include lib/pop-parked.lua
-- @include lib/take-list.lua
-- @key waiting
-- @key group
-- @key ring
-- @key weights
-- @key meta
-- The list and the groups, in turns. What a job costs its group of the virtual time:
local TURN_COST = 1000000
-- Groups that are looked at by one script.
local most_turns = 500

local function turn_cost(name)
  local weight = name ~= "" and call("HGET", KEY.weights, name)
  return math.floor(TURN_COST / (weight and tonumber(weight) or 1))
end

local function leave_ring(name)
  call("ZREM", KEY.ring, name)
  call("HDEL", KEY.weights, name)
end

-- The group whose turn is next, taken from as often as it may before another comes. Returns when its turn was.
local function take_turn(ids, name, turn, count)
  local before = #ids
  if name == "" then
    take_list(ids, before + count)
  else
    for _, id in ipairs(pop_parked(KEY.group .. name, count)) do ids[#ids + 1] = id end
  end
  local taken = #ids - before
  if taken == 0 then
    leave_ring(name)
    return turn
  end
  local cost = turn_cost(name)
  call("ZADD", KEY.ring, as_text(turn + taken * cost), name)
  return turn + (taken - 1) * cost
end

local function take_turns(ids, count)
  if call("EXISTS", KEY.ring) == 0 then return take_list(ids, count) end
  local now_virtual = virtual_now()
  if call("EXISTS", KEY.waiting) == 1 then call("ZADD", KEY.ring, "NX", as_text(now_virtual), "") end
  while #ids < count and most_turns > 0 do
    local first = call("ZRANGE", KEY.ring, 0, 0, "WITHSCORES")
    if not first[1] then break end
    most_turns = most_turns - 1
    local many = call("ZCARD", KEY.ring) == 1 and count - #ids or 1
    now_virtual = math.max(now_virtual, take_turn(ids, first[1], tonumber(first[2]), many))
  end
  call("HSET", KEY.meta, "vtime", as_text(now_virtual))
end
