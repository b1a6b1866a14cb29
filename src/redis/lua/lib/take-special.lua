-- @include lib/job.lua
-- @include lib/take-turns.lua
-- @include lib/take-batches.lua
-- @include lib/pass-gates.lua
-- @key jobs
-- @key waiting
-- @key prioritized
-- @key tombstones
-- @key ring
-- @key batches
-- @key meta
-- @key ttl
-- @key parked
-- Taking what is not simply next in the list.
local WAITING_BYTE = byte(STATE.waiting)

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
  -- Those below pass no group that is left, unless a thousand empty ones stand before it.
  if #ids < count and (turns_left > 0 or not has_given) then take_band(ids, "(0", "+inf", count - #ids) end
  return ids, #ids - batched
end

local function take_in_hand(popped)
  for _, id in ipairs(popped) do in_hand[id] = true end
end

-- Whether a popped id may be claimed: an unreadable record is, so that the worker can fail it. An overdue one stands
-- aside until somebody ends it.
local function may_claim_special(id, raw)
  if byte(raw, 1) ~= WAITING_BYTE and is_readable(raw) then return false end
  if #raw < 2 or byte(raw, 2) == 0 then return true end
  -- Limits without a gate keep nobody from starting.
  local flags = byte(raw, 2)
  if (flags == FLAG.limits or flags == FLAG.limits + FLAG.step) and is_readable(raw) then return true end
  local job = read_record(id, raw, nil)
  local expires = flags % 2 == FLAG.ttl and call("ZSCORE", KEY.ttl, id)
  if expires and tonumber(expires) <= now then
    call("ZADD", KEY.parked, new_score(job, true), id)
    return false
  end
  if has_limits(job) and not limits_start(job) then return false end
  if expires then call("ZREM", KEY.ttl, id) end
  return true
end

-- When popped jobs were parked, those behind them take their place, up to so many. Returns ids and records.
local MOST_PASSED = 100

local function take_past(count)
  local ids, raws, before = {}, {}, 0
  while parked > before and #ids < count and parked < MOST_PASSED do
    before = parked
    local popped = take_special(math.min(count - #ids, MOST_PASSED))
    if #popped > 0 then call("HINCRBY", KEY.meta, "fence", #popped) end
    take_in_hand(popped)
    for _, id in ipairs(popped) do
      local raw = call("HGET", KEY.jobs, id)
      in_hand[id] = nil
      if raw and may_claim_special(id, raw) then
        ids[#ids + 1] = id
        raws[#raws + 1] = raw
      end
    end
  end
  return ids, raws
end
