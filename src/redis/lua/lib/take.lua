-- @include lib/take-special.lua
-- @include lib/bring-newer.lua
-- @include lib/lease.lua
-- @include lib/claimed.lua
-- @include lib/parked.lua
-- @include lib/suspects.lua
-- @include lib/spent.lua
-- @step
-- @key jobs
-- @key waiting
-- @key prioritized
-- @key tombstones
-- @key ring
-- @key batches
-- @key suspects
-- @key active
-- @key lost
-- @key meta
-- @key delayed
-- @key retrying
-- @key ttl
-- @key timers
-- @key paused
-- @key newer
-- Claiming, the end of `claim` and of `settle`. Takes `lease`, `lease_ms` (0: claim nothing, look at nothing),
-- `version` (that its worker runs; 1: what was put back as newer concerns it not), `count`, `seen` (-1 unless a call is
-- repeated) and `left` (jobs the lease has just ended). Leaves `reply`:
-- lost, next due, first fence, ids, records, recovered triples, how many more there are to recover, and 1 when a suspect
-- should be claimed apart: now and then instead of other jobs, and always when there are no others. The ids are one text
-- when all are of one length, which is cheaper for both sides.
-- Takes less than it was asked for when that would take too long, and wakes somebody for the rest. What a thousand plain
-- settlements take is left out of it.
local MOST_DUE, MOST_PROMOTED, MOST_COST, PLAIN_BATCH = 50, 300, 2200, 1500
local PART, SPECIAL_PART, MOST_BYTES = 100, 50, 8388608
local DUE_COST, REFUSED_COST, SPECIAL_COST, LIMITS_COST, GATED_COST = 4, 15, 4, 2, 45
local PLAIN = STATE.waiting .. char(0)
local FIRST, FIRST_STEP = STATE.waiting .. pack("<BH", 0, 0), STATE.waiting .. pack("<BH", FLAG.step, 0)
local NO_ATTEMPT = pack("<H", 0)
local reply

local has_newer = lease_ms > 0 and version > 1 and call("EXISTS", KEY.newer) == 1
if has_newer and call("EXISTS", KEY.paused) == 0 then bring_newer(version, count) end

-- Whether anything but the list decides what is next: upkeep that may be due, other priorities, tombstones.
local special, is_lost, is_paused, has_apart, is_asked = false, false, false, false, false
if call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.timers, KEY.prioritized, KEY.tombstones, KEY.ring, KEY.batches, KEY.lost, KEY.paused, KEY.suspects) > 0 then
  special = call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.timers, KEY.prioritized, KEY.tombstones, KEY.ring, KEY.batches) > 0
  is_lost = call("ZSCORE", KEY.lost, lease) ~= false
  is_paused = call("EXISTS", KEY.paused) == 1
  has_apart = lease_ms > 0 and count > 0 and not is_lost and not is_paused and call("EXISTS", KEY.suspects) == 1
  is_asked = has_apart and ask_apart()
end

if lease_ms == 0 or is_lost then
  local _, unseen = {}, 0
  if seen >= 0 then _, unseen = recover(lease, seen, 0) end
  free_writes()
  hold(lease, -left)
  if lease_ms > 0 and not is_paused and (has_next() or has_suspects()) then wake_one() end
  reply = { is_lost and 1 or 0, next_due(special), 0, "", {}, {}, unseen }
else
  local recovered, unseen = {}, 0
  if seen >= 0 then recovered, unseen = recover(lease, seen, count) end
  local room = (is_paused or is_asked) and 0 or count - #recovered / 3
  if special then
    expire_due(MOST_DUE)
    spent = spent + DUE_COST * promote_due(math.min(math.max(MOST_DUE, room), MOST_PROMOTED))
    fire_timers(MOST_DUE)
  end

  local ids, records, claims, taken, bytes, first_fence, has_more = {}, {}, {}, 0, 0, 0, room <= 0
  local plain, other = pack("<I6B", now, CLAIM.plain) .. lease, pack("<I6B", now, 0) .. lease
  local step = pack("<I6B", now, CLAIM.step) .. lease
  local form, wanted, most = "<I6c" .. #plain, room, math.min(spent, PLAIN_BATCH) + MOST_COST
  while wanted > 0 and spent <= most and bytes < MOST_BYTES do
    local part, popped, units = math.min(wanted, special and SPECIAL_PART or PART), nil, nil
    if special then popped, units = take_special(part) else popped = call("LPOP", KEY.waiting, part) or {} end
    if #popped == 0 then break end
    -- A list that gave fewer than it was asked for is empty.
    has_more = #popped >= part
    wanted = wanted - (units or #popped)
    local found = #popped <= PART and call("HMGET", KEY.jobs, unpack(popped)) or read_bounded(popped)
    local fence = call("HINCRBY", KEY.meta, "fence", #popped) - #popped
    if first_fence == 0 then first_fence = fence + 1 end
    spent = spent + #popped
    for index = 1, #popped do
      local id, raw, claim = popped[index], found[index], nil
      -- A plain waiting record begins with its letter and no flag, one without any past with no attempt either.
      if raw and #raw >= HEAD_BYTES and sub(raw, 1, 4) == FIRST then
        claim = plain
      elseif raw and #raw >= HEAD_BYTES and sub(raw, 1, 4) == FIRST_STEP then
        claim = step
        spent = spent + LIMITS_COST
      elseif raw and (#raw >= HEAD_BYTES and sub(raw, 1, 2) == PLAIN or may_claim_special(id, raw)) then
        local flags = #raw > 1 and byte(raw, 2) or 0
        -- A TTL is over when its job starts.
        local is_first = #raw >= HEAD_BYTES and sub(raw, 1, 1) == STATE.waiting and sub(raw, 3, 4) == NO_ATTEMPT
        claim = is_first and flags < FLAG.limits and plain or other
        spent = spent + (math.floor(flags / FLAG.gated) % 2 == 1 and GATED_COST or flags >= FLAG.limits and LIMITS_COST or SPECIAL_COST)
      else
        spent = spent + REFUSED_COST
      end
      if claim then
        bytes = bytes + #raw
        ids[taken + 1], records[taken + 1] = id, raw
        claims[taken * 2 + 1], claims[taken * 2 + 2] = id, pack(form, first_fence + taken, claim)
        taken = taken + 1
        if listening then
          local attempt = is_readable(raw) and unpack_struct("<H", raw, 3) or 0
          emit(TO.claim.active, id, attempt + 1, section(SECTION.worker, lease))
        end
      end
    end
  end
  if parked > 0 and wanted == 0 and taken < room then
    local passed, raws = take_past(room - taken)
    for index, id in ipairs(passed) do
      ids[taken + 1], records[taken + 1] = id, raws[index]
      claims[taken * 2 + 1], claims[taken * 2 + 2] = id, pack(form, first_fence + taken, other)
      taken = taken + 1
      if listening then
        emit(TO.claim.active, id, read_record(id, raws[index]).attempt + 1, section(SECTION.worker, lease))
      end
    end
  end
  if taken > 0 then
    store_claims(claims, taken)
  elseif first_fence == 0 then
    free_writes()
  end

  extend_lease(lease, lease_ms, taken, left)
  if has_newer and not is_paused then wake_for_newer(version) end
  if is_paused then
    -- Whoever resumes wakes.
  elseif special or is_asked then
    if has_next() then wake_one() end
  elseif has_more and call("EXISTS", KEY.waiting) == 1 then
    wake_one()
  end
  reply = { 0, next_due(special), first_fence, joined_ids(ids), records, recovered, unseen }
  if is_asked or has_apart and taken == 0 then reply[8] = 1 end
end
