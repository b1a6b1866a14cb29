-- Ends claims and takes the next jobs.
-- @arg lease text
-- @arg lease_ms number
-- @arg count number jobs to take, at most 1 000
-- @arg seen number as in claim
-- @arg keep_completed number
-- @arg keep_failed number
-- @arg keep_cancelled number
-- @arg items text... id, fence, event, data (result with its letter, error, delay:error, reason or delay)
-- @returns readonly [statuses: Buffer, claim: readonly [lost: number, nextDueInMs: number, fence: number, claimed: Buffer[], recovered: Buffer[], unseen: number]]
-- @include lib/take.lua
-- @include lib/settle-special.lua
-- @key jobs
-- @key active
-- @key completed
-- @key watchers
-- @key meta
-- Statuses, a letter each: a applied, c cancelled instead, s stale, m missing.
kept[STATE.completed], kept[STATE.failed], kept[STATE.cancelled] = keep_completed, keep_failed, keep_cancelled
local finished_now = pack("<I6", now)
local worker = section(SECTION.worker, lease)
local ids, records, queue, gone = {}, {}, {}, {}
local left, has_special, has_watchers = 0, false, false

-- The way of nearly every job: splices the record without reading all of it.
local function complete(id, raw, claim, data)
  local sections = data == "" and "" or section(sub(data, 1, 1), sub(data, 2))
  local attempt = unpack_struct("<H", raw, 3) + 1
  if listening then emit(STATE.completed, id, attempt, worker .. sections) end
  if has_watchers then tell_watchers(id, STATE.completed, attempt, sections, keep_completed > 0) end
  if keep_completed == 0 then
    gone[#gone + 1] = id
    return
  end
  local size = unpack_struct("<I4", raw, HEAD_BYTES - 3)
  records[#records + 1] = id
  records[#records + 1] = TO.complete.completed .. sub(raw, 2, 2) .. pack("<H", attempt) .. sub(raw, 5, 13)
    .. sub(claim, 7, 12) .. finished_now .. sub(raw, HEAD_BYTES - 3, HEAD_BYTES + size) .. worker .. sections
  queue[#queue + 1] = id
end

local function settle_one(at, raw, claim)
  local id, event, data = ARGV[at], ARGV[at + 2], ARGV[at + 3]
  if event == EVENT.complete and byte(claim, CLAIM_BYTES) == 0 and is_readable(raw) and byte(raw, 2) == 0 then
    complete(id, raw, claim, data)
    return "a"
  end
  has_special = true
  return settle_special(read_record(id, raw, claim), event, data, worker)
end

-- Which settlements hold a claim. The claims of those leave first, so that memory is freed before any is used.
local function check_fences(claims)
  local statuses, leaving, settled = {}, {}, {}
  for index, id in ipairs(ids) do
    local claim = claims[index]
    if not claim or settled[id] then
      statuses[index] = "m"
    elseif sub(claim, 1, 6) ~= pack("<I6", ARGV[items + index * 4 - 3]) then
      statuses[index] = "s"
    else
      settled[id] = true
      leaving[#leaving + 1] = id
      local holder = sub(claim, CLAIM_BYTES + 1)
      if holder == lease then left = left + 1 else hold(holder, -1) end
    end
  end
  if #leaving > 0 then call("HDEL", KEY.active, unpack(leaving)) end
  return statuses
end

local function keep_completed_jobs()
  call("HSET", KEY.jobs, unpack(records))
  local excess = call("RPUSH", KEY.completed, unpack(queue)) - keep_completed
  if excess <= 0 then return end
  excess = math.min(excess, 1000)
  call("HINCRBY", KEY.meta, "completed", excess)
  forget(call("LPOP", KEY.completed, excess))
end

local function settle_all()
  local claims = call("HMGET", KEY.active, unpack(ids))
  local raws = call("HMGET", KEY.jobs, unpack(ids))
  local statuses = check_fences(claims)
  has_watchers = call("EXISTS", KEY.watchers) == 1
  if has_watchers then prefetch_watchers(ids) end
  for index = 1, #ids do
    if not statuses[index] then
      statuses[index] = settle_one(items + index * 4 - 4, raws[index] or "", claims[index])
    end
  end
  if #queue > 0 then keep_completed_jobs() end
  forget(gone)
  if has_special then enter_released() end
  if has_watchers then forget_prefetched() end
  return table.concat(statuses)
end

for at = items, #ARGV, 4 do ids[#ids + 1] = ARGV[at] end
local statuses, reply = "", nil
if #ids > 0 then statuses = settle_all() end
if lease_ms > 0 then
  reply = claim_jobs({ lease = lease, lease_ms = lease_ms, count = count, seen = seen, left = left })
else
  local _, unseen = 0, 0
  if seen >= 0 then _, unseen = recover(lease, seen, 0) end
  hold(lease, -left)
  reply = { 0, next_due(look_around(lease)), 0, {}, {}, unseen }
end
if has_finished then trim_touched() end
if noticed then publish_notices() end
return { statuses, reply }
