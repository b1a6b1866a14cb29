-- @include lib/job-arguments.lua
-- @include lib/job.lua
-- @include lib/events.lua
-- @include lib/enter-waiting.lua
-- @key delayed
-- @key ttl
local function new_job(at)
  local flags, tail = expiry_parts(at)
  return {
    id = ARGV[at], body = ARGV[at + 1], priority = tonumber(ARGV[at + 2]), flags = flags,
    attempt = 0, stalls = 0, enqueued = now, started = 0, finished = 0,
    tail = tail, watchers = "",
  }
end

-- `due`: µs at which it may run, nil for at once.
local function add_job(job, due, ttl)
  store_job(job, due and TO.insert.delayed or TO.insert.waiting)
  if due then
    call("ZADD", KEY.delayed, as_text(due), job.id)
    due_ids[job.id] = true
    emit(STATE.delayed, job.id, 0, section(SECTION.delay, as_text(math.floor(due / 1000) - now)))
  else
    if job.is_overdue then enter_front(job) else enter_back(job) end
    emit(STATE.waiting, job.id, 0, "")
  end
  if ttl ~= "" then
    call("ZADD", KEY.ttl, expiry_score(now + tonumber(ttl), is_discard(job)), job.id)
    ttl_ids[job.id] = true
  end
end
