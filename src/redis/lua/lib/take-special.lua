-- @include lib/next-due.lua
-- @include lib/limits-groups.lua
-- @include lib/limits-collect.lua
-- @include lib/claims.lua
-- @include lib/parked.lua
-- @include lib/spent.lua
-- @rare
-- @key jobs
-- @key waiting
-- @key prioritized
-- @key tombstones
-- @key ring
-- @key group
-- @key batches
-- @key meta
-- @key ttl
-- Taking what is not simply next in the list.
local WAITING_BYTE = byte(STATE.waiting)

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
  while #ids < count and looked < 2000 do
    local popped = call("LPOP", KEY.waiting, count - #ids)
    if not popped or #popped == 0 then return end
    looked = looked + #popped
    local real = without_tombstones(popped)
    call("HINCRBY", KEY.meta, "skew", #real - #popped)
    for _, id in ipairs(real) do ids[#ids + 1] = id end
  end
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

-- The list and the groups, in turns.
local TURN_MICROS = 8
local function take_turns(ids, count)
  if call("EXISTS", KEY.ring) == 0 then return take_list(ids, count) end
  local now_virtual = virtual_now()
  if call("EXISTS", KEY.waiting) == 1 then call("ZADD", KEY.ring, "NX", as_text(now_virtual), "") end
  local looked = 0
  while #ids < count and looked < 2000 do
    local first = call("ZRANGE", KEY.ring, 0, 0, "WITHSCORES")
    if not first[1] then break end
    looked, spent = looked + 1, spent + TURN_MICROS
    local many = call("ZCARD", KEY.ring) == 1 and count - #ids or 1
    now_virtual = math.max(now_virtual, take_turn(ids, first[1], tonumber(first[2]), many))
  end
  call("HSET", KEY.meta, "vtime", as_text(now_virtual))
end

-- The next ids, highest priority first, and how many they count: a batch is one.
local function take_special(count)
  if call("EXISTS", KEY.prioritized, KEY.tombstones, KEY.ring, KEY.batches) == 0 then
    local ids = call("LPOP", KEY.waiting, count) or {}
    return ids, #ids
  end
  local ids, batched = {}, 0
  if call("EXISTS", KEY.batches) == 1 then
    local batches = take_batches(ids, count)
    batched = #ids - batches
    count = count + batched
  end
  take_band(ids, "-inf", "(0", count - #ids)
  if #ids < count then take_turns(ids, count) end
  if #ids < count then take_band(ids, "(0", "+inf", count - #ids) end
  return ids, #ids - batched
end

-- Whether a popped id may be claimed: an unreadable record is, so that the worker can fail it.
local function may_claim_special(id, raw)
  if byte(raw, 1) ~= WAITING_BYTE and is_readable(raw) then return false end
  if #raw < 2 or byte(raw, 2) == 0 then return true end
  -- A limits without a limit keeps nobody from starting.
  local flags = byte(raw, 2)
  if (flags == FLAG.limits or flags == FLAG.limits + FLAG.step) and is_readable(raw) then return true end
  local expires = byte(raw, 2) % 2 == FLAG.ttl and call("ZSCORE", KEY.ttl, id)
  if expires and tonumber(expires) <= now then
    call("ZREM", KEY.ttl, id)
    local overdue = read_record(id, raw, nil)
    -- Another one may have taken its room since it was popped, which parked it.
    if has_limits(overdue) then limits_leave(overdue) end
    end_expired(overdue, tonumber(expires))
    return false
  end
  if flags < FLAG.limits and is_readable(raw) then
    if expires then call("ZREM", KEY.ttl, id) end
    return true
  end
  local job = read_record(id, raw, nil)
  if has_limits(job) and not limits_start(job) then return false end
  if expires then call("ZREM", KEY.ttl, id) end
  return true
end

-- The records of many popped ids, in parts; large payloads end it early, and ids behind go back to the front.
local MOST_BYTES = 8388608
local PART = 100

local function read_bounded(popped)
  local found, bytes, count = {}, 0, 0
  while count < #popped and bytes < MOST_BYTES do
    local part = call("HMGET", KEY.jobs, unpack(popped, count + 1, math.min(count + PART, #popped)))
    for _, raw in ipairs(part) do
      count = count + 1
      found[count] = raw
      if raw then bytes = bytes + #raw end
    end
  end
  -- These were popped and will get no fence: what `skew` made of that is taken back.
  if #popped > count then call("HINCRBY", KEY.meta, "skew", count - #popped) end
  for index = #popped, count + 1, -1 do
    local job = load_job(popped[index])
    if job then enter_front(job) end
    popped[index] = nil
  end
  return found
end

-- When popped jobs were parked, those behind them take their place, up to so many. Returns ids and records.
local MOST_PASSED = 100

local function take_past(count)
  local ids, raws, before = {}, {}, 0
  while parked > before and #ids < count and parked < MOST_PASSED do
    before = parked
    local popped = take_special(math.min(count - #ids, MOST_PASSED))
    if #popped > 0 then call("HINCRBY", KEY.meta, "fence", #popped) end
    for _, id in ipairs(popped) do
      local raw = call("HGET", KEY.jobs, id)
      if raw and may_claim_special(id, raw) then
        ids[#ids + 1] = id
        raws[#raws + 1] = raw
      end
    end
  end
  return ids, raws
end

-- Jobs this lease holds beyond fence `seen`, at most `count`: claimed by a call whose answer was lost.
-- Returns them and how many more there are.
local function recover(lease, seen, count)
  local unseen, more = {}, 0
  for _, claim in ipairs(claims_of(lease)) do
    if claim.fence > seen and #unseen < count * 3 then
      unseen[#unseen + 1] = claim.id
      unseen[#unseen + 1] = call("HGET", KEY.jobs, claim.id) or ""
      unseen[#unseen + 1] = as_text(claim.fence)
    elseif claim.fence > seen then
      more = more + 1
    end
  end
  return unseen, more
end
