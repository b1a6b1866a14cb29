-- @include lib/limits-groups.lua
-- @include lib/take-list.lua
-- @key waiting
-- @key group
-- @key parked
-- @key ring
-- @key weights
-- @key meta
-- The list and the groups, in turns. What a job costs its group of the virtual time:
local TURN_COST = 1000000
-- What one script may do in turns: a turn takes four commands, about 10 µs, clearing an empty group away a third of that.
-- Who is left has its turn in the next call.
local TURN_WEIGHT = 4
local turns_left, has_given = 1000, false
-- Whether any group has a weight, nil as long as nobody asked.
local has_weights

local function turn_cost(name)
  local weight = has_weights and name ~= "" and call("HGET", KEY.weights, name)
  return math.floor(TURN_COST / (weight and tonumber(weight) or 1))
end

local function leave_ring(name)
  turns_left = turns_left - 1
  call("ZREM", KEY.ring, name)
  if has_weights then call("HDEL", KEY.weights, name) end
end

-- Ids that were taken from their groups are parked no more, all of them by one command.
local function leave_parked(ids)
  if #ids == 0 then return end
  call("ZREM", KEY.parked, unpack(ids))
  call("HINCRBY", KEY.meta, "skew", #ids)
end

-- The group whose turn is next, taken from as often as it may before another comes. Returns when its turn was.
local function take_turn(ids, grouped, name, turn, count)
  local before = #ids
  if name == "" then
    take_list(ids, before + count)
  else
    local popped = call("ZPOPMIN", KEY.group .. name, count)
    for index = 1, #popped, 2 do
      ids[#ids + 1] = popped[index]
      grouped[#grouped + 1] = popped[index]
    end
  end
  local taken = #ids - before
  if taken == 0 then
    leave_ring(name)
    return turn
  end
  turns_left, has_given = turns_left - TURN_WEIGHT, true
  local cost = turn_cost(name)
  call("ZADD", KEY.ring, as_text(turn + taken * cost), name)
  return turn + (taken - 1) * cost
end

local function take_turns(ids, count)
  if call("EXISTS", KEY.ring) == 0 then return take_list(ids, count) end
  local now_virtual, grouped = virtual_now(), {}
  if call("EXISTS", KEY.waiting) == 1 then call("ZADD", KEY.ring, "NX", as_text(now_virtual), "") end
  if has_weights == nil then has_weights = call("EXISTS", KEY.weights) == 1 end
  while #ids < count and turns_left > 0 do
    local first = call("ZRANGE", KEY.ring, 0, 0, "WITHSCORES")
    if not first[1] then break end
    local many = call("ZCARD", KEY.ring) == 1 and count - #ids or 1
    now_virtual = math.max(now_virtual, take_turn(ids, grouped, first[1], tonumber(first[2]), many))
  end
  leave_parked(grouped)
  call("HSET", KEY.meta, "vtime", as_text(now_virtual))
end
