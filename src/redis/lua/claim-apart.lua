-- Takes suspects for a lease whose process runs nothing else.
-- @arg lease text
-- @arg lease_ms number
-- @arg count number at most 1 000
-- @arg seen number as in claim
-- @returns readonly [lost: number, nextDueInMs: number, fence: number, ids: Buffer | Buffer[], records: Buffer[], recovered: Buffer[], unseen: number, now: number, hasSuspects: number]
-- @oom allowed
-- @include lib/pass-gates.lua
-- @include lib/publish-events.lua
-- @include lib/recover.lua
-- @include lib/lease.lua
-- @include lib/claimed.lua
-- @include lib/has-next.lua
-- @include lib/next-due.lua
-- @key parked
-- @key jobs
-- @key active
-- @key lost
-- @key meta
-- @key paused
-- @key suspects
local MOST_LOOKED, MOST_BYTES = 100, 8388608

local function take_one(ids, records)
  local first = call("ZRANGE", KEY.suspects, 0, 0, "WITHSCORES")
  local id = first[1]
  local raw = call("HGET", KEY.jobs, id) or ""
  local job = read_record(id, raw, nil)
  job.apart_place = first[2]
  call("ZREM", KEY.suspects, id)
  call("ZREM", KEY.parked, id)
  if job.state ~= STATE.waiting or (has_limits(job) and not limits_start(job)) then return 0 end
  ids[#ids + 1], records[#records + 1] = id, raw
  if listening then emit(TO.claim.active, id, job.attempt + 1, section(SECTION.worker, lease)) end
  return #raw
end

local function take_apart(room)
  local ids, records, bytes = {}, {}, 0
  for _ = 1, MOST_LOOKED do
    if #ids >= room or bytes >= MOST_BYTES or not has_suspects() then break end
    bytes = bytes + take_one(ids, records)
  end
  return ids, records
end

-- A job that is taken alone is to blame when its worker is lost. Returns the first fence.
local function start_apart(ids, records)
  if #ids == 0 then return 0 end
  local first = call("HINCRBY", KEY.meta, "fence", #ids) - #ids + 1
  call("HINCRBY", KEY.meta, "skew", #ids)
  for index, id in ipairs(ids) do
    local claim = pack(CLAIM_FORMAT, first + index - 1, now, #ids == 1 and CLAIM.alone or 0)
    call("HSET", KEY.active, id, claim .. lease .. watchers_to_claim(records[index]))
  end
  return first
end

if call("ZSCORE", KEY.lost, lease) then return { 1, next_due(true), 0, {}, {}, {}, 0, now, 0 } end
local recovered, unseen = {}, 0
if seen >= 0 then recovered, unseen = recover(lease, seen, count) end
local room = call("EXISTS", KEY.paused) == 1 and 0 or count - #recovered / 3
local ids, records = take_apart(room)
local first_fence = start_apart(ids, records)
extend_lease(lease, lease_ms, #ids)
call("HSET", KEY.meta, "asked", as_text(now))
local is_left = has_suspects() and room > 0
if is_left then wake_one() end
if noticed then publish_events() end
return { 0, next_due(true), first_fence, ids, records, recovered, unseen, now, is_left and 1 or 0 }
