-- @include lib/record.lua
-- @include lib/holder.lua
-- @include lib/watched.lua
-- @key jobs
-- @key active
-- @key delayed
-- @key retrying
-- @key completed
-- @key failed
-- @key cancelled
-- @key expired
-- @key limits
-- @key done
-- @key suspects
-- A job taken apart: for whatever does more than pass a record on.
-- A result has no length: it is last and runs to the end.
local function find_section(tail, kind)
  local at = 1
  while at + 4 <= #tail do
    local found = sub(tail, at, at)
    if found == SECTION.resultText or found == SECTION.resultBytes then return nil end
    local size = unpack_struct("<I4", tail, at + 1)
    if found == kind then return sub(tail, at + 5, at + 4 + size) end
    at = at + 5 + size
  end
end

-- The section as it is stored, or nothing.
local function keep_section(tail, kind)
  local bytes = find_section(tail, kind)
  return bytes and section(kind, bytes) or ""
end

-- Where a job is whose record does not say.
local function locate(id)
  local indexes = {
    [STATE.delayed] = KEY.delayed, [STATE.retrying] = KEY.retrying, [STATE.failed] = KEY.failed,
    [STATE.cancelled] = KEY.cancelled, [STATE.expired] = KEY.expired,
  }
  for state, key in pairs(indexes) do
    if call("ZSCORE", key, id) then return state end
  end
  return call("LPOS", KEY.completed, id, "RANK", -1, "MAXLEN", 2000) and STATE.completed or STATE.waiting
end

-- An unreadable record becomes the body of a sound head; the client recognises the mark before it. One that may have been
-- a step is taken for one: a workflow that does not know of it does nothing.
local function salvage(id, raw)
  local flags = call("HEXISTS", KEY.limits, id) == 1 and FLAG.limits or string.find(id, "%.%d+$") and FLAG.step or 0
  if call("ZSCORE", KEY.suspects, id) then flags = flags + FLAG.suspect end
  return {
    id = id, state = locate(id), flags = flags, attempt = 0, stalls = 0, priority = 0, enqueued = now,
    started = 0, finished = 0, body = CORRUPT_MARK .. raw, tail = "", watchers = "",
  }
end

local function read_claim(job, claim)
  if not claim then return job end
  local flags
  job.state, job.claim = STATE.active, claim
  job.fence, job.claimed, flags = unpack_struct(CLAIM_FORMAT, claim)
  job.is_to_cancel, job.is_alone = flags == CLAIM.cancel, flags == CLAIM.alone
  job.lease, job.watchers = holder_of(claim)
  return job
end

local function read_record(id, raw, claim)
  if not is_readable(raw) then return read_claim(salvage(id, raw), claim) end
  local state, flags, attempt, stalls, priority, enqueued, started, finished, size =
    unpack_struct(HEAD_FORMAT, raw)
  local watchers, behind = watchers_in(raw)
  return read_claim({
    id = id, state = state, flags = flags % FLAG.watched, attempt = attempt, stalls = stalls, priority = priority,
    enqueued = enqueued, started = started, finished = finished,
    body = sub(raw, HEAD_BYTES + 1, HEAD_BYTES + size), tail = sub(raw, behind), watchers = sub(watchers, 6),
  }, claim)
end

-- The record of a completed job whose end is beside it, as if it were in it.
local function with_end(raw, ending)
  if not ending or not is_readable(raw) then return raw end
  return TO.complete.completed .. sub(raw, 2, 2) .. pack("<H", 1) .. sub(raw, 5, 13) .. sub(ending, 1, 12)
    .. sub(raw, HEAD_BYTES - 3) .. sub(ending, 13)
end

-- The job of a record that was just read. Only a waiting record may have a claim or an end beside it.
local function job_of(id, raw)
  if is_readable(raw) and sub(raw, 1, 1) ~= STATE.waiting then return read_record(id, raw, nil) end
  local claim, ending = call("HGET", KEY.active, id), call("HGET", KEY.done, id)
  local job = read_record(id, with_end(raw, ending), claim)
  if ending then job.has_end, job.watchers = true, "" end
  return job
end

-- The job, or nil when it is not stored.
local function load_job(id)
  local raw = call("HGET", KEY.jobs, id)
  return raw and job_of(id, raw) or nil
end

-- `state` is the letter to store: an active job is stored as waiting.
local function record_of(job, state)
  local watchers = watchers_section(job.watchers)
  local flags = watchers == "" and job.flags or job.flags + FLAG.watched
  return pack(HEAD_FORMAT, state, flags, job.attempt, job.stalls, job.priority, job.enqueued,
    job.started, job.finished, #job.body) .. job.body .. watchers .. job.tail
end

local function store_job(job, state)
  job.state = state
  call("HSET", KEY.jobs, job.id, record_of(job, state))
  if job.has_end then call("HDEL", KEY.done, job.id) end
end

-- Whether the job is discarded when it expires.
local function is_discard(job)
  return math.floor(job.flags / FLAG.discard) % 2 == 1
end
