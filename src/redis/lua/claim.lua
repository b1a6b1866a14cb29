-- Takes waiting jobs for a lease.
-- @arg lease text
-- @arg lease_ms number
-- @arg count number at most 1 000
-- @arg seen number highest fence the caller knows of this lease, when the call is repeated; else -1
-- @arg version number newest version of jobs that its worker runs; 0: `due` has gone before
-- @returns readonly [claim?: readonly [lost: number, nextDueInMs: number, fence: number, ids: Buffer | Buffer[], records: Buffer[], recovered: Buffer[], unseen: number, now: number, hasSuspects?: number]]
-- @include lib/free-writes.lua
-- @include lib/take-special.lua
-- @include lib/publish-events.lua
-- @include lib/recover.lua
-- @include lib/lease.lua
-- @include lib/claimed.lua
-- @include lib/has-next.lua
-- @include lib/next-due.lua
-- @key jobs
-- @key waiting
-- @key prioritized
-- @key tombstones
-- @key ring
-- @key batches
-- @key suspects
-- @key lost
-- @key meta
-- @key delayed
-- @key retrying
-- @key ttl
-- @key timers
-- @key paused
-- @key newer
-- Reply: nothing where `due` must go before, then nothing was done; else lost, next due, first fence, ids, records, recovered triples, how many more there are to recover, the time, and 1 when a
-- suspect should be claimed apart: now and then instead of other jobs, and always when there are no others. The ids are one
-- text when all are of one length, which is cheaper for both sides. What the clock has brought is the affair of `due`, which
-- need not go before where nothing is due.
-- Takes less than it was asked for when that would take too long, and wakes somebody for the rest. It counts in plain jobs,
-- of which one takes about 2 µs: one with flags is worth two, one with gates 20, one that cannot start ten.
local MOST, FLAGGED, GATED, REFUSED = 1000, 2, 20, 10
local PART, SPECIAL_PART, MOST_BYTES = 100, 50, 8388608
local ASK_AGAIN_MS = 2000
local NO_ATTEMPT = pack("<H", 0)
local ids, records, claims, taken, bytes, worth, first_fence = {}, {}, {}, 0, 0, 0, 0
local plain, other = pack("<I6B", now, CLAIM.plain) .. lease, pack("<I6B", now, 0) .. lease
-- How a record of a first run begins → its claim. Limits without a gate keep nobody from starting.
local runs = {
  [STATE.waiting .. pack("<BH", FLAG.limits, 0)] = other,
  [STATE.waiting .. pack("<BH", 0, 0)] = plain,
  [STATE.waiting .. pack("<BH", FLAG.beside, 0)] = plain,
  [STATE.waiting .. pack("<BH", FLAG.step, 0)] = pack("<I6B", now, CLAIM.step) .. lease,
}
local form = "<I6c" .. #plain
for _, flags in ipairs({ FLAG.limits, 0, FLAG.beside, FLAG.step }) do
  runs[STATE.waiting .. pack("<BH", flags + FLAG.watched, 0)] = runs[STATE.waiting .. pack("<BH", flags, 0)]
end
-- Whether anything but the list decides what is next.
local special, is_lost, is_paused, has_apart = false, false, false, false
-- When jobs and timers are due next, as long as this script has not changed it.
local known_due

local function look()
  local others = { KEY.delayed, KEY.retrying, KEY.ttl, KEY.timers, KEY.prioritized, KEY.tombstones, KEY.ring, KEY.batches }
  if call("EXISTS", KEY.lost, KEY.paused, KEY.suspects, unpack(others)) == 0 then return end
  special = call("EXISTS", unpack(others)) > 0
  is_lost = call("ZSCORE", KEY.lost, lease) ~= false
  is_paused = call("EXISTS", KEY.paused) == 1
  has_apart = count > 0 and not is_lost and not is_paused and has_suspects()
end

-- Whether something is due that `due` has not brought about.
local function is_due()
  if version == 0 or not special then return false end
  known_due = next_job_due()
  return known_due <= now_us / 1000
    or version > 1 and count > 0 and not is_paused and #call("ZRANGE", KEY.newer, 0, version, "BYSCORE", "LIMIT", 0, 1) > 0
end

-- Whether this claim is answered by asking its process to come apart for a suspect: one in so long a time is.
local function ask_apart()
  local asked = tonumber(call("HGET", KEY.meta, "asked") or "0")
  if asked <= now and now - asked < ASK_AGAIN_MS then return false end
  free_writes()
  call("HSET", KEY.meta, "asked", as_text(now))
  return true
end

local function add_claim(id, raw, claim)
  bytes = bytes + #raw
  if is_beside(raw) then bytes = bytes + call("HSTRLEN", KEY.payloads, id) end
  ids[taken + 1], records[taken + 1] = id, raw
  claims[taken * 2 + 1], claims[taken * 2 + 2] = id, pack(form, first_fence + taken, claim) .. watchers_to_claim(raw)
  taken = taken + 1
  if listening then
    local attempt = is_readable(raw) and unpack_struct("<H", raw, 3) or 0
    emit(TO.claim.active, id, attempt + 1, section(SECTION.worker, lease))
  end
end

-- A plain waiting record begins with its letter and no flag, one without any past with no attempt either. A TTL is over
-- when its job starts.
local function consider(id, raw)
  local first_run = #raw >= HEAD_BYTES and runs[sub(raw, 1, 4)]
  if first_run and first_run ~= other then
    worth = worth + 1
    return add_claim(id, raw, first_run)
  end
  known_due = nil
  if first_run then
    worth = worth + FLAGGED
    return add_claim(id, raw, first_run)
  end
  local flags = (byte(raw, 2) or 0) % FLAG.beside
  worth = worth + (math.floor(flags / FLAG.gated) % 2 == 1 and GATED or FLAGGED)
  if not may_claim_special(id, raw) then
    worth = worth + REFUSED
    return
  end
  local is_first = #raw >= HEAD_BYTES and sub(raw, 1, 1) == STATE.waiting and sub(raw, 3, 4) == NO_ATTEMPT
  add_claim(id, raw, is_first and flags < FLAG.limits and plain or other)
end

-- Records of some ids, false where there is none.
local function records_of(part)
  if not read_ahead or read_ahead[part[1]] == nil then return call("HMGET", KEY.jobs, unpack(part)) end
  local raws = {}
  for index, id in ipairs(part) do
    local raw = read_ahead[id]
    if raw == nil then raw = call("HGET", KEY.jobs, id) end
    raws[index] = raw
  end
  return raws
end

-- Ids that were popped together. Nothing is stored of one that was removed meanwhile.
local function claim_all(popped)
  local fence = call("HINCRBY", KEY.meta, "fence", #popped) - #popped
  if first_fence == 0 then first_fence = fence + 1 end
  if special then take_in_hand(popped) end
  for from = 1, #popped, PART do
    local part = { unpack(popped, from, math.min(from + PART - 1, #popped)) }
    for index, raw in ipairs(records_of(part)) do
      in_hand[part[index]] = nil
      if raw then consider(part[index], raw) else worth = worth + REFUSED end
    end
  end
end

local function claim_past(room)
  local passed, raws = take_past(room)
  for index, id in ipairs(passed) do add_claim(id, raws[index], other) end
end

-- Returns whether there may be more. A list that gave fewer than it was asked for is empty. A batch counts as one, however
-- many jobs it has.
local function take(room)
  local wanted, has_more, extra = room, room <= 0, 0
  while wanted > 0 and worth < MOST and bytes < MOST_BYTES do
    local part, popped, units = math.min(wanted, special and SPECIAL_PART or PART), nil, nil
    if special then popped, units = take_special(part) else popped = call("LPOP", KEY.waiting, part) or {} end
    if #popped == 0 then break end
    has_more = #popped >= part
    if units then extra = extra + #popped - units end
    wanted = wanted - (units or #popped)
    claim_all(popped)
  end
  room = room + extra
  if parked > 0 and wanted == 0 and taken < room then claim_past(room - taken) end
  if taken > 0 then store_claims(claims, taken) elseif first_fence == 0 then free_writes() end
  return has_more
end

look()
if is_lost then
  local _, unseen = {}, 0
  if seen >= 0 then _, unseen = recover(lease, seen, 0) end
  free_writes()
  if not is_paused and (has_next() or has_suspects()) then wake_one() end
  return { { 1, next_due(special), 0, "", {}, {}, unseen, now } }
end
if is_due() then return {} end
local is_asked = has_apart and ask_apart()
local recovered, unseen = {}, 0
if seen >= 0 then recovered, unseen = recover(lease, seen, count) end
local has_more = take((is_paused or is_asked) and 0 or count - #recovered / 3)
extend_lease(lease, lease_ms, taken)
if not is_paused then
  if special or is_asked then
    if has_next() then wake_one() end
  elseif has_more and call("EXISTS", KEY.waiting) == 1 then
    wake_one()
  end
end
if taken == 1 then records[1] = whole(ids[1], records[1]) end
if noticed then publish_events() end
return { {
  0, next_due(special, known_due), first_fence, joined_ids(ids), records, recovered, unseen, now,
  (is_asked or has_apart and taken == 0) and 1 or nil,
} }
