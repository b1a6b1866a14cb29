-- Ends claims and takes the next jobs.
-- @arg lease text
-- @arg lease_ms number
-- @arg count number jobs to take, at most 1 000
-- @arg seen number as in claim
-- @arg keep_completed number
-- @arg keep_failed number
-- @arg keep_cancelled number
-- @arg items text... id, fence, event, data (result with its letter, error, delay:error, reason or delay)
-- @returns readonly [statuses: Buffer, claim: readonly [lost: number, nextDueInMs: number, fence: number, claimed: Buffer[], recovered: Buffer[]]]
-- @oom allowed
-- @include lib/take.lua
-- @key active
-- @key cancels
-- @key completed
-- @key retrying
-- Statuses, a letter each: a applied, c cancelled instead, s stale, m missing.
keep_finished(keep_completed, keep_failed, keep_cancelled, nil)
local finished_now = pack("<I6", now)
local worker = section(SECTION.worker, lease)
local records, queue, gone, released = {}, {}, {}, {}
local left = 0

local function pack_result(data)
  if data == "" then return "" end
  return section(sub(data, 1, 1), sub(data, 2))
end

-- The way of nearly every job: splices the record without reading all of it.
local function complete(id, raw, claim, data)
  local sections = pack_result(data)
  local attempt = unpack_struct("<H", raw, 3) + 1
  if listening then emit(STATE.completed, id, attempt, worker .. sections) end
  if watched then tell_watchers(id, STATE.completed, attempt, sections, keep_completed > 0) end
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

local function run_is_over(job)
  job.attempt = job.attempt + 1
  job.started = job.claimed
end

local function retry(job, data)
  local colon = string.find(data, ":", 1, true)
  local delay, failure = tonumber(sub(data, 1, colon - 1)), sub(data, colon + 1)
  local due = now_us + delay * 1000 + ended
  ended = ended + 1
  remember_attempt(job, STATE.failed, failure)
  run_is_over(job)
  job.tail = keep_section(job.tail, SECTION.ttl) .. section(SECTION.error, failure)
  store_job(job, TO.retry.retrying)
  call("ZADD", KEY.retrying, as_text(due), job.id)
  emit(STATE.retrying, job.id, job.attempt,
    worker .. section(SECTION.error, failure) .. section(SECTION.delay, as_text(delay)))
end

local function release(job, data)
  local delay = tonumber(data) or 0
  job.started = job.claimed
  if delay > 0 then
    store_job(job, TO.release.delayed)
    call("ZADD", KEY.delayed, as_text(now_us + delay * 1000), job.id)
    emit(STATE.delayed, job.id, job.attempt, section(SECTION.delay, as_text(delay)))
  else
    store_job(job, TO.release.waiting)
    released[#released + 1] = job
    emit(STATE.waiting, job.id, job.attempt, "")
  end
end

-- What is given back together keeps the order in which it was claimed.
local function enter_released()
  table.sort(released, function(one, other) return one.fence > other.fence end)
  for _, job in ipairs(released) do enter_front(job) end
end

local function cancel(job, reason)
  local failure = keep_section(job.tail, SECTION.error)
  run_is_over(job)
  finish(job, TO.cancel.cancelled, worker .. section(SECTION.reason, reason) .. failure)
end

local function settle_read(job, event, data)
  if job.claim_flags ~= 0 then
    local reason = call("HGET", KEY.cancels, job.id) or ""
    call("HDEL", KEY.cancels, job.id)
    cancel(job, reason)
    return event == EVENT.cancel and "a" or "c"
  end
  if event == EVENT.complete then
    run_is_over(job)
    finish(job, TO.complete.completed, worker .. pack_result(data))
  elseif event == EVENT.retry then
    retry(job, data)
  elseif event == EVENT.fail then
    run_is_over(job)
    finish(job, TO.fail.failed, worker .. section(SECTION.error, data))
  elseif event == EVENT.cancel then
    cancel(job, data)
  else
    release(job, data)
  end
  return "a"
end

local function settle_one(item, raw, claim)
  local event = item.event
  if byte(claim, CLAIM_BYTES) == 0 and event == EVENT.complete and is_readable(raw) and byte(raw, 2) == 0 then
    complete(item.id, raw, claim, item.data)
    return "a"
  end
  return settle_read(read_record(item.id, raw, claim), event, item.data)
end

local ids = {}
for at = items, #ARGV, 4 do ids[#ids + 1] = ARGV[at] end

-- Which settlements hold a claim: the claims of those leave first, so that memory is freed before any is used.
local function check_fences(claims)
  local statuses, leaving, others = {}, {}, {}
  local settled = {}
  for index, id in ipairs(ids) do
    local claim = claims[index]
    if not claim or settled[id] then
      statuses[index] = "m"
    elseif sub(claim, 1, 6) ~= pack("<I6", tonumber(ARGV[items + index * 4 - 3])) then
      statuses[index] = "s"
    else
      settled[id] = true
      leaving[#leaving + 1] = id
      local holder = sub(claim, CLAIM_BYTES + 1)
      if holder == lease then left = left + 1 else others[holder] = (others[holder] or 0) + 1 end
    end
  end
  if #leaving > 0 then call("HDEL", KEY.active, unpack(leaving)) end
  for holder, count_of in pairs(others) do hold(holder, -count_of) end
  return statuses
end

local function settle_all()
  local claims = call("HMGET", KEY.active, unpack(ids))
  local raws = call("HMGET", KEY.jobs, unpack(ids))
  local statuses = check_fences(claims)
  prefetch_watchers(ids)
  for index, id in ipairs(ids) do
    if not statuses[index] then
      local at = items + (index - 1) * 4
      local item = { id = id, event = ARGV[at + 2], data = ARGV[at + 3] }
      statuses[index] = settle_one(item, raws[index] or "", claims[index])
    end
  end
  if #queue > 0 then
    call("HSET", KEY.jobs, unpack(records))
    call("RPUSH", KEY.completed, unpack(queue))
    touched[STATE.completed] = true
  end
  enter_released()
  forget(gone)
  trim_touched()
  watched = nil
  return table.concat(statuses)
end

local statuses = ""
if #ids > 0 then statuses = settle_all() end
local reply
if lease_ms > 0 then
  reply = claim_jobs({ lease = lease, lease_ms = lease_ms, count = count, seen = seen, left = left })
else
  hold(lease, -left)
  reply = { 0, next_due(), 0, {}, {} }
end
publish_notices()
return { statuses, reply }
