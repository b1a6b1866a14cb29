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

-- Whether anything but the list decides what is next: upkeep that is due, other priorities, ghosts. Also says
-- whether the lease was lost.
local function look_around(lease)
  local keys = call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.prioritized, KEY.ghosts, KEY.lost)
  if keys == 0 then return false, false end
  local others = call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.prioritized, KEY.ghosts)
  return others > 0, call("ZSCORE", KEY.lost, lease) ~= false
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

-- Whether jobs are left after `taken` of `wanted` were taken from the list.
local function has_waiting(special, taken, wanted)
  if special then return waiting_count() > 0 end
  return taken >= wanted and call("EXISTS", KEY.waiting) == 1
end

-- request: lease, lease_ms, count, seen (-1 unless a call is repeated), left (jobs just settled).
-- Reply: lost, next due, first fence, pairs, recovered triples, how many more there are to recover.
local function claim_jobs(request)
  local lease = request.lease
  local special, is_lost = look_around(lease)
  if is_lost then
    hold(lease, -request.left)
    if has_waiting(special, 0, 0) then wake_one() end
    return { 1, -1, 0, {}, {}, 0 }
  end
  local recovered, unseen = {}, 0
  if request.seen >= 0 then recovered, unseen = recover(lease, request.seen, request.count) end
  local room = request.count - #recovered / 3
  local ids = take_ids(room, special)
  local fence, claimed, taken = 0, {}, 0
  if #ids > 0 then fence, claimed, taken = claim_ids(lease, ids) else free_writes() end
  extend_lease(lease, request.lease_ms, taken, request.left)
  if has_waiting(special, #ids, room) then wake_one() end
  return { 0, next_due(special), fence, claimed, recovered, unseen }
end
