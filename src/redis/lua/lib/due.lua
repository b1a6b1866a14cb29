-- @include lib/finish.lua
-- @include lib/newer.lua
-- @rare
-- @key delayed
-- @key retrying
-- @key ttl
-- @key timers
-- What the clock brings: due jobs become waiting, overdue ones expire.
local function first_score(key)
  local first = call("ZRANGE", key, 0, 0, "WITHSCORES")
  return first[2] and tonumber(first[2])
end

-- The next due time of jobs and timers, ms.
local function next_job_due()
  return math.min((first_score(KEY.delayed) or math.huge) / 1000, (first_score(KEY.retrying) or math.huge) / 1000,
    math.ceil(first_score(KEY.ttl) or math.huge), (first_score(KEY.timers) or math.huge) / 1000)
end

-- Somebody must learn of it when one of `ids` is now the next to be due. Returns whether it is.
local function wake_when_next(key, ids)
  local first = call("ZRANGE", key, 0, 0)[1]
  if not first or not ids[first] then return false end
  wake_one()
  return true
end

local function add_due(found, key, limit)
  local due = call("ZRANGE", key, "-inf", as_text(now_us), "BYSCORE", "LIMIT", 0, limit, "WITHSCORES")
  for index = 1, #due, 2 do
    found[#found + 1] = { id = due[index], at = tonumber(due[index + 1]), key = key, order = index }
  end
end

local function by_due(left, right)
  if left.at ~= right.at then return left.at < right.at end
  if left.key ~= right.key then return left.key < right.key end
  return left.order < right.order
end

-- A job is delayed or retrying no more.
local function leave_due(key, id)
  call("ZREM", key, id)
  forget_newer(id)
end

-- Delayed and retrying jobs whose time has come, in due order. Returns how many.
local function promote_due(limit)
  local found = {}
  add_due(found, KEY.delayed, limit)
  add_due(found, KEY.retrying, limit)
  table.sort(found, by_due)
  local count = math.min(#found, limit)
  for index = 1, count do
    local due = found[index]
    leave_due(due.key, due.id)
    local job = load_job(due.id)
    if job then
      store_job(job, TO.promote.waiting)
      enter_back(job)
      emit(STATE.waiting, job.id, job.attempt, "")
    end
  end
  return count
end

-- Ends a job that is in no index any more. `score` is that of its TTL.
local function end_expired(job, score)
  job.expires = math.ceil(score)
  if is_discard(job) then
    if has_limits(job) then limits_end(job, TO.expire.expired, "") end
    tell_watchers(job.id, TO.expire.expired, job.attempt, "")
    emit(TO.expire.expired, job.id, job.attempt, "")
    forget({ job.id })
  else
    finish(job, TO.expire.expired, "")
  end
end

local function expire_one(job, score)
  call("ZREM", KEY.ttl, job.id)
  if not GUARD.expire[job.state] then return end
  if job.state == STATE.waiting then leave_waiting(job) else leave_due(KEY.delayed, job.id) end
  end_expired(job, score)
end

-- Brings the clock's effects up to date for a verb that names `id`, however many are overdue.
local function expire_named(id)
  local expires = call("ZSCORE", KEY.ttl, id)
  if not expires or tonumber(expires) > now then return end
  local job = load_job(id)
  if job then expire_one(job, tonumber(expires)) else call("ZREM", KEY.ttl, id) end
end

-- Jobs whose TTL is past. Returns how many were looked at.
local function expire_due(limit)
  local overdue = call("ZRANGE", KEY.ttl, "-inf", as_text(now), "BYSCORE", "LIMIT", 0, limit, "WITHSCORES")
  for index = 1, #overdue, 2 do
    local job = load_job(overdue[index])
    if job then expire_one(job, tonumber(overdue[index + 1])) else call("ZREM", KEY.ttl, overdue[index]) end
  end
  return #overdue / 2
end

-- What each verb that changes jobs by hand starts with; a job takes up to 24 µs. Returns whether overdue jobs are left.
local MOST_EXPIRED = 50
local function expire_first()
  return expire_due(MOST_EXPIRED) == MOST_EXPIRED
end

-- Timers whose time has come, each at its time. Returns how many.
local function fire_timers(limit)
  local due = call("ZRANGE", KEY.timers, "-inf", as_text(now_us), "BYSCORE", "LIMIT", 0, limit)
  for _, name in ipairs(due) do
    call("ZREM", KEY.timers, name)
    limits_timer(sub(name, 1, 1), sub(name, 2))
  end
  return #due
end
