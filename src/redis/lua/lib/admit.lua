-- @include lib/expire.lua
-- @include lib/hold-keys.lua
-- @key jobs
-- @key delayed
-- @key unique
-- @key idempotent
-- @key debounced
-- @key throttle
-- @key graph
-- Whether a new job is stored, by its limits. Nothing is written before it is sure.
local MOST_TRIMMED_STARTS = 1000

-- Asks for the idempotency key. Returns a letter and the id of the job that stands for it, nil when it is free. A
-- key that expires never, of a job that is gone, was left behind by a record that could not be read.
local function ask_idempotent(idempotency)
  local digest, id = read_idempotent(idempotency.key)
  if not id then return nil end
  expire_named(id)
  if call("HEXISTS", KEY.jobs, id) == 0 and call("PTTL", KEY.idempotent .. idempotency.key) == -1 then return nil end
  return digest == idempotency.digest and "i" or "m", id
end

local function counts(unique, state)
  if not unique["while"] then return not FINAL[state] end
  local letters = { waiting = STATE.waiting, delayed = STATE.delayed, active = STATE.active, retrying = STATE.retrying }
  for _, name in ipairs(unique["while"]) do
    if letters[name] == state then return true end
  end
  return false
end

local function ask_unique(unique)
  local id = call("HGET", KEY.unique, unique.key)
  if not id then return nil end
  expire_named(id)
  local holder = load_job(id)
  if holder and counts(unique, holder.state) then return "d", id end
end

-- Asks for room in the throttle. Returns a letter and how many ms it is full, nil when there is room.
local function ask_throttle(id, throttle)
  local key, window_us = KEY.throttle .. as_text(throttle.windowMs) .. ":" .. throttle.key, throttle.windowMs * 1000
  if call("ZSCORE", key, id) then return nil end
  local past = call("ZCOUNT", key, "-inf", as_text(now_us - window_us))
  local excess = call("ZCARD", key) - past - throttle.limit
  if excess < 0 then return nil end
  local at = tonumber(call("ZRANGE", key, past + excess, past + excess, "WITHSCORES")[2])
  return "t", as_text(math.ceil((at + window_us - now_us) / 1000))
end

local function pass_throttle(id, throttle)
  local key, window_us = KEY.throttle .. as_text(throttle.windowMs) .. ":" .. throttle.key, throttle.windowMs * 1000
  local past = call("ZCOUNT", key, "-inf", as_text(now_us - window_us))
  if past > 0 then call("ZREMRANGEBYRANK", key, 0, math.min(past, MOST_TRIMMED_STARTS) - 1) end
  call("ZADD", key, "NX", as_text(now_us), id)
  call("PEXPIRE", key, as_text(throttle.windowMs + 1))
end

local function is_unstarted(job)
  return job.started == 0 and (job.state == STATE.waiting or job.state == STATE.delayed)
end

local function replace(job, id)
  if job.state == STATE.waiting then leave_waiting(job) else leave_due(KEY.delayed, job.id) end
  drop_ttl(job)
  finish(job, TO.cancel.cancelled, section(SECTION.reason, "replaced") .. section(SECTION.replacedBy, id))
end

-- The job replaces the one before. Returns µs at which it is due, nil for at once: it has waited long enough then.
local function pass_debounce(job, debounce)
  local first, last = read_debounced(debounce.key)
  if last then expire_named(last) end
  local before = last and load_job(last)
  if before and is_unstarted(before) then replace(before, job.id) else first = as_text(now_us) end
  call("HSET", KEY.debounced, debounce.key, first .. " " .. job.id)
  local due = now_us + debounce.delayMs * 1000
  if debounce.maxWaitMs then due = math.min(due, tonumber(first) + debounce.maxWaitMs * 1000) end
  if due > now_us then return due end
  job.is_overdue = true
  return nil
end

-- Why a new job with these limits is not stored: a letter (i, d, m, t) and a value. Nil when it may be.
local function ask(id, limits)
  local letter, value
  if limits.idempotency then letter, value = ask_idempotent(limits.idempotency) end
  if not letter and limits.unique then letter, value = ask_unique(limits.unique) end
  if not letter and limits.throttle then letter, value = ask_throttle(id, limits.throttle) end
  return letter, value
end

local function take_unique(job, key)
  call("HSET", KEY.unique, key, job.id)
end

-- The job is about to be stored: its keys stand for it from now on.
local function admit(job, limits)
  -- It may be delayed for longer than a graph waits for its job.
  if limits.workflow then call("PERSIST", KEY.graph .. job.id) end
  if limits.idempotency then take_idempotent(job, limits.idempotency) end
  if limits.unique then take_unique(job, limits.unique.key) end
  if limits.throttle then pass_throttle(job.id, limits.throttle) end
  job.holds_keys = true
end
