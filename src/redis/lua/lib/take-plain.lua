-- @include lib/free-writes.lua
-- @include lib/plain-task.lua
-- @include lib/lease.lua
-- @include lib/claimed.lua
-- @include lib/payload.lua
-- @key jobs
-- @key waiting
-- @key active
-- @key meta
-- Claiming in a task whose jobs are all plain, with the fewest commands: what is next is what the list says. Where that is
-- not so nothing is written, and the caller asks the script that knows the rest.
local PART, MOST_BYTES = 100, 8388608
local FIRST, FIRST_STEP = STATE.waiting .. pack("<BH", 0, 0), STATE.waiting .. pack("<BH", FLAG.step, 0)

-- Whether a job may start as it is: with limits that do not concern its start, or after an attempt.
local function is_free(raw)
  local flags = (byte(raw, 2) or 0) % FLAG.beside
  return sub(raw, 1, 1) == STATE.waiting and (flags == 0 or flags == FLAG.step or flags == FLAG.limits
    or flags == FLAG.limits + FLAG.step) and is_readable(raw)
end

-- Ids and records of the next jobs, which may have left the list already; nil when one of them is for another script: then they
-- are in their place again.
local function pop_plain(count, popped)
  popped = popped or call("LPOP", KEY.waiting, count)
  if not popped or #popped == 0 then return {}, {} end
  local found = call("HMGET", KEY.jobs, unpack(popped))
  for index = 1, #popped do
    local raw = found[index]
    if raw and (sub(raw, 1, 4) ~= FIRST or #raw < HEAD_BYTES) and not is_free(raw) then
      for back = #popped, 1, -1 do call("LPUSH", KEY.waiting, popped[back]) end
      return
    end
  end
  return popped, found
end

local function next_lease_end()
  local first = call("ZRANGE", KEY.leases, 0, 0, "WITHSCORES")
  return first[2] and math.max(0, math.ceil(first[2] - now_us / 1000)) or -1
end

-- Claims up to `count` jobs for a lease that has just ended `left`; those that have left the list already are the first. Returns
-- the reply of `claim`, or nil when the next job is for another script.
local function take_plain(count, left, first_ids)
  local ids, records, claims, taken, bytes, first_fence = {}, {}, {}, 0, 0, 0
  local other = pack("<I6B", now, 0) .. lease
  local runs = { [FIRST] = pack("<I6B", now, CLAIM.plain) .. lease, [FIRST_STEP] = pack("<I6B", now, CLAIM.step) .. lease }
  runs[STATE.waiting .. pack("<BH", FLAG.beside, 0)] = runs[FIRST]
  runs[STATE.waiting .. pack("<BH", FLAG.watched, 0)] = runs[FIRST]
  runs[STATE.waiting .. pack("<BH", FLAG.watched + FLAG.beside, 0)] = runs[FIRST]
  runs[STATE.waiting .. pack("<BH", FLAG.watched + FLAG.step, 0)] = runs[FIRST_STEP]
  local form, wanted, has_more = "<I6c" .. #other, count, true
  while wanted > 0 and has_more and bytes < MOST_BYTES do
    local part = math.min(wanted, PART)
    local popped, found = pop_plain(part, first_ids)
    first_ids = nil
    if not popped then
      if first_fence == 0 then return end
      break
    end
    -- A list that gave fewer than it was asked for is empty.
    has_more = #popped >= part
    if #popped == 0 then break end
    wanted = wanted - #popped
    local fence = call("HINCRBY", KEY.meta, "fence", #popped) - #popped
    if first_fence == 0 then first_fence = fence + 1 end
    for index = 1, #popped do
      local id, raw = popped[index], found[index]
      if raw then
        local run = sub(raw, 1, 4)
        bytes = bytes + #raw
        local claim = pack(form, first_fence + taken, runs[run] or other)
        if run ~= FIRST then
          if is_beside(raw) then bytes = bytes + call("HSTRLEN", KEY.payloads, id) end
          claim = claim .. watchers_to_claim(raw)
        end
        ids[taken + 1], records[taken + 1] = id, raw
        claims[taken * 2 + 1], claims[taken * 2 + 2] = id, claim
        taken = taken + 1
      end
    end
  end
  if taken == 1 then records[1] = whole(ids[1], records[1]) end
  if taken > 0 then
    store_claims(claims, taken)
  elseif left == 0 then
    free_writes()
  end
  -- While jobs come the end of another lease is only told with a new one: who looks after leases then hears of it.
  local is_new = extend_lease(lease, lease_ms, taken)
  if has_more and call("EXISTS", KEY.waiting) == 1 then wake_one() end
  return { 0, (is_new or taken == 0) and next_lease_end() or -1, first_fence, joined_ids(ids), records, {}, 0, now }
end
