-- @include lib/take-special.lua
-- @include lib/lease.lua
-- @include lib/set-aside.lua
-- @step
-- @key jobs
-- @key waiting
-- @key prioritized
-- @key ghosts
-- @key ring
-- @key batches
-- @key active
-- @key lost
-- @key meta
-- @key delayed
-- @key retrying
-- @key ttl
-- @key timers
-- @key paused
-- Claiming, the end of `claim` and of `settle`. Takes `lease`, `lease_ms` (0: claim nothing, look at nothing),
-- `count`, `seen` (-1 unless a call is repeated) and `left` (jobs the lease has just ended). Leaves `reply`:
-- lost, next due, first fence, ids, records, recovered triples, how many more there are to recover. The ids are one
-- text when all are of one length, which is cheaper for both sides.
local MOST_DUE = 200
local MOST_AT_ONCE = 100
local PLAIN = STATE.waiting .. char(0)
local FIRST = STATE.waiting .. pack("<BH", 0, 0)
local FEW, LONG = 32, string.rep("-", 65)
local reply

-- Whether anything but the list decides what is next: upkeep that may be due, other priorities, ghosts.
local special, is_lost, is_paused = false, false, false
if call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.timers, KEY.prioritized, KEY.ghosts, KEY.ring, KEY.batches, KEY.lost, KEY.paused) > 0 then
  special = call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.timers, KEY.prioritized, KEY.ghosts, KEY.ring, KEY.batches) > 0
  is_lost = call("ZSCORE", KEY.lost, lease) ~= false
  is_paused = call("EXISTS", KEY.paused) == 1
end

if lease_ms == 0 or is_lost then
  local _, unseen = {}, 0
  if seen >= 0 then _, unseen = recover(lease, seen, 0) end
  free_writes()
  hold(lease, -left)
  if lease_ms > 0 and not is_paused and has_next() then wake_one() end
  reply = { is_lost and 1 or 0, next_due(special), 0, "", {}, {}, unseen }
else
  local recovered, unseen = {}, 0
  if seen >= 0 then recovered, unseen = recover(lease, seen, count) end
  local room = is_paused and 0 or count - #recovered / 3
  if special then
    expire_due(MOST_DUE)
    promote_due(math.max(MOST_DUE, room))
    fire_timers(MOST_DUE)
  end

  local popped, records = {}, {}
  if room > 0 then
    if special then popped = take_special(room) else popped = call("LPOP", KEY.waiting, room) or {} end
  end
  -- A list that gave fewer than it was asked for is empty.
  local has_more = #popped >= room

  local first_fence, taken = 0, 0
  if #popped == 0 then
    free_writes()
  else
    if #popped <= MOST_AT_ONCE then records = call("HMGET", KEY.jobs, unpack(popped)) else records = read_bounded(popped) end
    local count_popped = #popped
    local fence = call("HINCRBY", KEY.meta, "fence", count_popped) - count_popped
    local plain, other = pack("<I6B", now, CLAIM.plain) .. lease, pack("<I6B", now, 0) .. lease
    local form, claims = "<I6c" .. #plain, {}
    first_fence = fence + 1
    for index = 1, count_popped do
      local id, raw, claim = popped[index], records[index], nil
      -- A plain waiting record begins with its letter and no flag, one without any past with no attempt either.
      if raw and #raw >= HEAD_BYTES and sub(raw, 1, 4) == FIRST then
        claim = plain
      elseif raw and (#raw >= HEAD_BYTES and sub(raw, 1, 2) == PLAIN or may_claim_special(id, raw)) then
        claim = other
      end
      if claim then
        taken = taken + 1
        popped[taken], records[taken] = id, raw
        claims[taken * 2 - 1], claims[taken * 2] = id, pack(form, fence + taken, claim)
        if listening then
          local attempt = is_readable(raw) and unpack_struct("<H", raw, 3) or 0
          emit(TO.claim.active, id, attempt + 1, section(SECTION.worker, lease))
        end
      end
    end
    for index = count_popped, taken + 1, -1 do popped[index], records[index] = nil, nil end
    if set_aside > 0 and taken < room then
      local ids, raws = take_past(room - taken)
      for index, id in ipairs(ids) do
        taken = taken + 1
        popped[taken], records[taken] = id, raws[index]
        claims[taken * 2 - 1], claims[taken * 2] = id, pack(form, fence + taken, other)
        if listening then
          emit(TO.claim.active, id, read_record(id, raws[index]).attempt + 1, section(SECTION.worker, lease))
        end
      end
    end
    if taken > 0 then
      -- A value of more than 64 bytes makes Redis keep the hash as a table: as a listpack, which it walks, 128 claims
      -- cost a third more per job and 500 nearly twice as much.
      if taken > FEW then claims[taken * 2 + 1], claims[taken * 2 + 2] = "", LONG end
      call("HSET", KEY.active, unpack(claims))
      if taken > FEW then call("HDEL", KEY.active, "") end
    end
  end

  extend_lease(lease, lease_ms, taken, left)
  if is_paused then
    -- Whoever resumes wakes.
  elseif special then
    if has_next() then wake_one() end
  elseif has_more and call("EXISTS", KEY.waiting) == 1 then
    wake_one()
  end
  local length, is_even = #(popped[1] or ""), true
  for index = 2, taken do is_even = is_even and #popped[index] == length end
  local ids = is_even and table.concat(popped) or popped
  reply = { 0, next_due(special), first_fence, ids, records, recovered, unseen }
end
