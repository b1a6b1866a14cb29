-- @include lib/due.lua
-- @include lib/lease.lua
-- @key waiting
-- @key prioritized
-- @key ghosts
-- @key active
-- @key leases
-- @key lost
-- @key held
-- @key meta
-- @key wake
-- @key ttl
-- Claiming: the shared end of `claim` and `settle`.
local MOST_DUE = 200
local WAITING_BYTE = byte(STATE.waiting)

-- Removes the ghosts among ids popped from the list.
local function without_ghosts(popped)
  local real = {}
  for index, count in ipairs(call("HMGET", KEY.ghosts, unpack(popped))) do
    local id = popped[index]
    if not count then
      real[#real + 1] = id
    else
      if call("HINCRBY", KEY.ghosts, id, -1) <= 0 then call("HDEL", KEY.ghosts, id) end
      call("HINCRBY", KEY.meta, "ghosts", -1)
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
    local real = without_ghosts(popped)
    call("HINCRBY", KEY.meta, "skew", #real - #popped)
    for _, id in ipairs(real) do ids[#ids + 1] = id end
  end
end

-- The next ids, highest priority first.
local function take_ids(count, is_plain)
  if is_plain then return call("LPOP", KEY.waiting, count) or {} end
  local ids = {}
  take_band(ids, "-inf", "(0", count)
  if #ids < count then take_list(ids, count) end
  if #ids < count then take_band(ids, "(0", "+inf", count - #ids) end
  return ids
end

-- Whether a popped id may be claimed: an unreadable record is, so that the worker can fail it.
local function may_claim(id, raw)
  if not raw then return false end
  if byte(raw, 1) ~= WAITING_BYTE and is_readable(raw) then return false end
  if #raw < 2 or byte(raw, 2) == 0 then return true end
  local expires = call("ZSCORE", KEY.ttl, id)
  if not expires then return true end
  call("ZREM", KEY.ttl, id)
  if tonumber(expires) > now then return true end
  end_expired(read_record(id, raw, nil))
  return false
end

-- Claims `ids` for the lease. Returns the first fence, and ids and records in pairs.
local function claim_ids(lease, ids)
  local raws = call("HMGET", KEY.jobs, unpack(ids))
  local fence = call("HINCRBY", KEY.meta, "fence", #ids) - #ids
  local mine = pack("<I6B", now, 0) .. lease
  local claims, reply, count = {}, {}, 0
  for index, id in ipairs(ids) do
    local raw = raws[index]
    if may_claim(id, raw) then
      count = count + 1
      claims[count * 2 - 1], reply[count * 2 - 1] = id, id
      claims[count * 2], reply[count * 2] = pack("<I6", fence + count) .. mine, raw
      if listening then
        local attempt = is_readable(raw) and unpack_struct("<H", raw, 3) or 0
        emit(TO.claim.active, id, attempt + 1, section(SECTION.worker, lease))
      end
    end
  end
  if count > 0 then call("HSET", KEY.active, unpack(claims)) end
  return fence + 1, reply, count
end

-- Passes the wake on while jobs are left.
local function pass_wake(is_plain)
  local left
  if is_plain then left = call("LLEN", KEY.waiting) else left = waiting_count() end
  if left > 0 then wake_one() end
end

-- Jobs this lease holds beyond fence `seen`: claimed by a call whose answer was lost.
local function recover(lease, seen)
  local unseen = {}
  for _, claim in ipairs(claims_of(lease)) do
    if claim.fence > seen then
      unseen[#unseen + 1] = claim.id
      unseen[#unseen + 1] = call("HGET", KEY.jobs, claim.id) or ""
      unseen[#unseen + 1] = as_text(claim.fence)
    end
  end
  return unseen
end

-- request: lease, lease_ms, count, seen (−1 unless a call is repeated), left (jobs just settled).
-- Reply: lost, next due, first fence, pairs, recovered triples.
local function claim_jobs(request)
  local lease = request.lease
  local special = call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.prioritized, KEY.ghosts, KEY.lost)
  if special > 0 and call("ZSCORE", KEY.lost, lease) then
    hold(lease, -request.left)
    pass_wake(false)
    return { 1, -1, 0, {}, {} }
  end
  if special > 0 then
    expire_due(MOST_DUE)
    promote_due(math.max(MOST_DUE, request.count))
  end
  local recovered = {}
  if request.seen >= 0 then recovered = recover(lease, request.seen) end
  local fence, claimed, taken = 0, {}, 0
  local room = request.count - #recovered / 3
  local ids = room > 0 and take_ids(room, special == 0) or {}
  if #ids > 0 then fence, claimed, taken = claim_ids(lease, ids) end
  extend_lease(lease, request.lease_ms, taken - request.left)
  pass_wake(special == 0)
  return { 0, next_due(), fence, claimed, recovered }
end
