-- @include lib/due.lua
-- @include lib/overdue.lua
-- @key delayed
-- @key ttl
-- A job that is new in its task, read from the arguments: id, body, priority, due, TTL in ms or "", discard or "".
local due_ids, ttl_ids = {}, {}

-- µs at which a job may run, nil for at once. Due: "", "+ms" from now or "@ms" since the epoch.
local function due_at(text)
  local amount = tonumber(sub(text, 2))
  if not amount then return nil end
  local due = amount * 1000
  if sub(text, 1, 1) == "+" then due = due + now_us end
  if due <= now_us then return nil end
  return due
end

-- What a TTL makes of a new record: its flags and its tail.
local function expiry_parts(at)
  local ttl, flags, tail = ARGV[at + 4], 0, ""
  if ttl ~= "" then flags, tail = FLAG.ttl, section(SECTION.ttl, ttl) end
  if ARGV[at + 5] ~= "" then flags = flags + FLAG.discard end
  return flags, tail
end

local function new_job(at)
  local flags, tail = expiry_parts(at)
  return {
    id = ARGV[at], body = ARGV[at + 1], priority = tonumber(ARGV[at + 2]), flags = flags,
    attempt = 0, stalls = 0, enqueued = now, started = 0, finished = 0,
    tail = tail,
  }
end

-- `due`: µs at which it may run, nil for at once.
local function add_job(job, due, ttl)
  store_job(job, due and TO.insert.delayed or TO.insert.waiting)
  if due then
    call("ZADD", KEY.delayed, as_text(due), job.id)
    due_ids[job.id] = true
    emit(STATE.delayed, job.id, 0, section(SECTION.delay, as_text((due - now_us) / 1000)))
  else
    if job.is_overdue then enter_front(job) else enter_back(job) end
    emit(STATE.waiting, job.id, 0, "")
  end
  if ttl ~= "" then
    call("ZADD", KEY.ttl, expiry_score(now + tonumber(ttl), is_discard(job)), job.id)
    ttl_ids[job.id] = true
  end
end

-- Somebody must learn of an added job that is now the next to be due or to expire.
local function wake_for_added()
  if next(due_ids) then wake_when_next(KEY.delayed, due_ids) end
  if next(ttl_ids) then wake_when_next(KEY.ttl, ttl_ids) end
end
