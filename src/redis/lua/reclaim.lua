-- Takes jobs from leases that are past, and tells what lies in the outbox: whoever put it there may be lost as well.
-- @arg said text how this task keeps its jobs, see lib/keeping.lua; "": as the last sweep was told that knew it
-- @arg stall_limit number where nobody ever said it
-- @arg stalled_error text stored error of a job that lost its worker too often, where nobody ever said it
-- @returns readonly [reclaimed: number, more: number, putOut: Buffer[]]
-- @oom allowed
-- @include lib/finish.lua
-- @include lib/attempts.lua
-- @include lib/enter-waiting.lua
-- @include lib/keeping.lua
-- @include lib/each-claim.lua
-- @key jobs
-- @key active
-- @key leases
-- @key held
-- @key lost
-- @key cancels
-- @key meta
-- @key outbox
-- Bounds of one call: a job takes up to 45 µs.
local MOST_RECLAIMED, MOST_LEASES, MOST_SCANNED = 40, 500, 2000
local MOST_TOLD, MOST_TOLD_BYTES = 100, 1048576
local LOST_KEPT_MS = 86400000
local HELD_ONE = 0.5
local keeping = keeping_of(said)
if keeping then stall_limit, stalled_error = keeping.stall_limit, keeping.stalled_error end
if said ~= "" and call("HGET", KEY.meta, "keeping") ~= said then call("HSET", KEY.meta, "keeping", said) end

-- Leases that were past at `since` become lost; one that holds nothing is only forgotten. Returns whether any holds jobs.
local function lose_leases(since)
  local found = false
  for _, lease in ipairs(call("ZRANGE", KEY.leases, "-inf", since, "BYSCORE", "LIMIT", 0, MOST_LEASES)) do
    call("ZREM", KEY.leases, lease)
    local held = call("HGET", KEY.held, lease)
    if held then
      call("ZADD", KEY.lost, string.format("%.1f", tonumber(held) == 1 and now + HELD_ONE or now), lease)
      call("PEXPIRE", KEY.lost, LOST_KEPT_MS)
      found = true
    end
  end
  return found
end

-- What a lease holds only its jobs say: all active ones are looked at before any lease that is past becomes lost, in several
-- sweeps where they are many. Who renews its lease meanwhile keeps it. Returns whether leases were lost, and whether the count goes on.
local function lose_past()
  local cursor, since = string.match(call("HGET", KEY.meta, "counting") or "0 " .. as_text(now), "^(%d+) (%d+)$")
  if cursor == "0" and call("ZCOUNT", KEY.leases, "-inf", since) == 0 then return false, false end
  local is_past, counts = {}, {}
  cursor = each_claim(cursor, MOST_SCANNED, function(_, _, lease)
    if is_past[lease] == nil then
      is_past[lease] = tonumber(call("ZSCORE", KEY.leases, lease) or math.huge) <= tonumber(since)
    end
    if is_past[lease] then counts[lease] = (counts[lease] or 0) + 1 end
  end)
  for lease, count in pairs(counts) do call("HINCRBY", KEY.held, lease, count) end
  if cursor ~= "0" then
    call("HSET", KEY.meta, "counting", cursor .. " " .. since)
    return false, true
  end
  local found = lose_leases(since)
  call("DEL", KEY.held)
  call("HDEL", KEY.meta, "counting")
  return found, false
end

local function suspect(job)
  if not is_suspect(job) then job.flags = job.flags + FLAG.suspect end
end

-- One of several that were lost together becomes a suspect and is not blamed; one that was alone is, and comes behind
-- the suspects that were not tried yet.
local function reclaim(job, was_only)
  local flagged = job.is_to_cancel
  local is_blamed = was_only or job.is_alone
  if has_limits(job) then let_go(job) end
  local failure = keep_section(job.tail, SECTION.error)
  if is_blamed then job.stalls = math.min(job.stalls + 1, 255) end
  remember_attempt(job, NOTICE.stalled, "")
  job.started = job.claimed
  emit(NOTICE.stalled, job.id, job.attempt + 1, section(SECTION.worker, job.lease))
  if flagged then
    local reason = call("HGET", KEY.cancels, job.id) or ""
    call("HDEL", KEY.cancels, job.id)
    job.attempt = job.attempt + 1
    finish(job, TO.reclaim.cancelled, section(SECTION.reason, reason), failure)
  elseif is_blamed and job.stalls > stall_limit then
    job.attempt = job.attempt + 1
    finish(job, TO.reclaim.failed, section(SECTION.error, stalled_error))
  else
    local was_suspect = is_suspect(job)
    suspect(job)
    job.finished = now
    store_job(job, TO.reclaim.waiting)
    if was_suspect and is_blamed then enter_back(job) else enter_front(job) end
    emit(STATE.waiting, job.id, job.attempt, "")
  end
end

-- One stretch of the active jobs, from `cursor` on. Returns the next cursor and the jobs whose lease is lost,
-- latest fence first, so that the earliest ends in front.
local function scan_orphans(cursor)
  local found, is_lost = {}, {}
  cursor = each_claim(cursor, MOST_SCANNED, function(id, claim, lease)
    if is_lost[lease] == nil then is_lost[lease] = call("ZSCORE", KEY.lost, lease) end
    if not is_lost[lease] or found[id] then return end
    local was_only = tonumber(is_lost[lease]) % 1 == HELD_ONE
    found[id] = true
    found[#found + 1] = { id = id, claim = claim, fence = unpack_struct("<I6", claim), was_only = was_only }
  end)
  table.sort(found, function(one, other) return one.fence > other.fence end)
  return cursor, found
end

local function reclaim_some(found)
  local count = math.min(#found, MOST_RECLAIMED)
  for index = 1, count do
    local orphan = found[index]
    call("HDEL", KEY.active, orphan.id)
    local job = read_record(orphan.id, call("HGET", KEY.jobs, orphan.id) or "", orphan.claim)
    reclaim(job, orphan.was_only)
  end
  return count
end

-- The walk over the active jobs may take several sweeps: `scan` is where it stands, and `rescan` says that a
-- lease was lost after it had begun. Returns how many were reclaimed, and whether the walk goes on.
local function reclaim_lost()
  local is_found, is_counting = lose_past()
  local cursor = call("HGET", KEY.meta, "scan")
  if is_found then
    if cursor and cursor ~= "0" then call("HSET", KEY.meta, "rescan", 1) else call("HSET", KEY.meta, "scan", "0") end
  end
  -- One walk is enough for one call.
  if is_found or is_counting then return 0, true end
  if not cursor then return 0, false end
  local next_cursor, found = scan_orphans(cursor)
  local count = reclaim_some(found)
  if #found > count then return count, true end
  if next_cursor == "0" and call("HDEL", KEY.meta, "rescan") == 0 then
    call("HDEL", KEY.meta, "scan")
    return count, false
  end
  call("HSET", KEY.meta, "scan", next_cursor)
  return count, true
end

-- What lay there before, in no order; fewer where entries are large.
local function tell_what_lies()
  local told, read = {}, 0
  for at = 1, #put_out, 2 do told[put_out[at]] = true end
  for _, id in ipairs(call("HRANDFIELD", KEY.outbox, MOST_TOLD)) do
    if not told[id] and read < MOST_TOLD_BYTES then
      local entry = call("HGET", KEY.outbox, id)
      read = read + #entry
      tell_outbox(id, entry)
    end
  end
end

local reclaimed, is_left = reclaim_lost()
if call("EXISTS", KEY.outbox) == 1 then tell_what_lies() end
if noticed then publish_notices() end
return { reclaimed, is_left and 1 or 0, put_out }
