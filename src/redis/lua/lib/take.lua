-- @include lib/take-special.lua
-- @include lib/lease.lua
-- @key jobs
-- @key waiting
-- @key prioritized
-- @key ghosts
-- @key active
-- @key leases
-- @key lost
-- @key held
-- @key meta
-- @key delayed
-- @key retrying
-- @key ttl
-- Claiming: the shared end of `claim` and `settle`.
local MOST_DUE = 200

-- Claims `ids` for the lease. Returns the first fence, and ids and records in pairs.
local function claim_ids(lease, ids)
  local raws = call("HMGET", KEY.jobs, unpack(ids))
  local fence = call("HINCRBY", KEY.meta, "fence", #ids) - #ids
  local PLAIN = STATE.waiting .. char(0)
  local mine = pack("<I6B", now, 0) .. lease
  local claims, reply, count = {}, {}, 0
  for index, id in ipairs(ids) do
    local raw = raws[index]
    -- A plain waiting record begins with its letter and no flag.
    if raw and (sub(raw, 1, 2) == PLAIN and #raw >= HEAD_BYTES or may_claim_special(id, raw)) then
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

-- Whether anything but the list decides what is next: upkeep that is due, other priorities, ghosts.
local function is_special()
  local keys = call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.prioritized, KEY.ghosts)
  return keys > 0
end

local function take_ids(count, special)
  if special then
    expire_due(MOST_DUE)
    promote_due(math.max(MOST_DUE, count))
  end
  if count <= 0 then return {} end
  if special then return take_special(count) end
  return call("LPOP", KEY.waiting, count) or {}
end

local function has_waiting(special)
  if special then return waiting_count() > 0 end
  return call("EXISTS", KEY.waiting) == 1
end

-- request: lease, lease_ms, count, seen (-1 unless a call is repeated), left (jobs just settled).
-- Reply: lost, next due, first fence, pairs, recovered triples, how many more there are to recover.
local function claim_jobs(request)
  local lease, special = request.lease, is_special()
  if call("ZSCORE", KEY.lost, lease) then
    hold(lease, -request.left)
    if has_waiting(special) then wake_one() end
    return { 1, -1, 0, {}, {}, 0 }
  end
  local recovered, unseen = {}, 0
  if request.seen >= 0 then recovered, unseen = recover(lease, request.seen, request.count) end
  local ids = take_ids(request.count - #recovered / 3, special)
  local fence, claimed, taken = 0, {}, 0
  if #ids > 0 then fence, claimed, taken = claim_ids(lease, ids) end
  extend_lease(lease, request.lease_ms, taken - request.left)
  if has_waiting(special) then wake_one() end
  return { 0, next_due(), fence, claimed, recovered, unseen }
end
