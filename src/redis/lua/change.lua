-- Changes jobs by hand.
-- @arg items text... id, what (revive, promote, remove, reschedule, prioritize), value (ms from now, "@ms" since the epoch, or priority)
-- @returns readonly [replies: Buffer[], putOut: Buffer[]]
-- @oom allowed
-- @include lib/expire-due.lua
-- @include lib/enter-waiting.lua
-- @include lib/attempts.lua
-- @include lib/job-arguments.lua
-- @key completed
-- @key delayed
-- @key retrying
-- @key ttl
-- @key progress
-- Reply per item: "ok", "missing", or the letter of the state that does not allow it.

local function leave_index(job)
  if job.state == STATE.waiting then
    leave_waiting(job)
  elseif job.state == STATE.delayed then
    leave_due(KEY.delayed, job.id)
  elseif job.state == STATE.retrying then
    leave_due(KEY.retrying, job.id)
  elseif job.state == STATE.completed then
    call("LREM", KEY.completed, -1, job.id)
    count_past(job.state, 1)
  else
    call("ZREM", final_key(job.state), job.id)
    count_past(job.state, 1)
  end
end

-- The run that ended the job is about to lose its place in the record.
local function keep_last_attempt(job)
  job.lease = find_section(job.tail, SECTION.worker)
  if not job.lease then return end
  job.attempt, job.claimed = job.attempt - 1, job.started
  local at = now
  now = job.finished
  remember_attempt(job, STATE.failed, find_section(job.tail, SECTION.error) or "")
  now = at
end

local function enter_waiting(job, state)
  job.finished = now
  store_job(job, state)
  enter_back(job)
  emit(STATE.waiting, job.id, job.attempt, "")
end

local function revive(job)
  keep_last_attempt(job)
  call("HDEL", KEY.progress, job.id)
  job.attempt, job.stalls, job.started, job.finished = 0, 0, 0, 0
  acquit(job)
  local ttl = find_section(job.tail, SECTION.ttl)
  job.tail = ttl and section(SECTION.ttl, ttl) or ""
  if ttl then
    call("ZADD", KEY.ttl, expiry_score(now + tonumber(ttl), is_discard(job)), job.id)
    wake_one()
  end
  enter_waiting(job, TO.revive.waiting)
end

local function reschedule(job, value)
  local delay_us = (tonumber(value) or 0) * 1000
  if sub(value, 1, 1) == "@" then delay_us = math.max(0, tonumber(sub(value, 2)) * 1000 - now_us) end
  local was_retrying = job.state == STATE.retrying
  local key = was_retrying and KEY.retrying or KEY.delayed
  call("ZADD", key, as_text(now_us + delay_us), job.id)
  if was_retrying then
    store_job(job, TO.reschedule.retrying)
  else
    store_job(job, TO.reschedule.delayed)
  end
  due_ids[job.id] = true
  emit(job.state, job.id, job.attempt, section(SECTION.delay, as_text(math.ceil(delay_us / 1000))))
end

local function remove(job, was_final)
  drop_ttl(job)
  if has_limits(job) and not was_final then limits_end(job, STATE.cancelled, section(SECTION.reason, "removed")) end
  tell_watchers(job, STATE.cancelled, section(SECTION.reason, "removed"))
  if was_final then forget({ job.id }) else pass_by(job, STATE.cancelled) end
  emit(NOTICE.removed, job.id, job.attempt, "")
end

-- Another band: to its back when waiting, at the next turn otherwise. Whatever can be rescheduled can move.
local function prioritize(job, priority)
  if not GUARD.reschedule[job.state] then return job.state end
  if job.priority == priority then return "ok" end
  if job.state == STATE.waiting then leave_waiting(job) end
  job.priority = priority
  if job.state == STATE.waiting then enter_back(job) end
  store_job(job, job.state)
  return "ok"
end

local allowed = {
  revive = GUARD.revive, promote = GUARD.promote, remove = GUARD.remove, reschedule = GUARD.reschedule,
}

local function change_one(id, what, value)
  local job = load_job(id)
  if not job then return "missing" end
  if what == "prioritize" then return prioritize(job, tonumber(value)) end
  if not allowed[what][job.state] then return job.state end
  local was_final = FINAL[job.state]
  leave_index(job)
  if what == EVENT.revive then
    revive(job)
  elseif what == EVENT.promote then
    enter_waiting(job, TO.promote.waiting)
  elseif what == EVENT.remove then
    remove(job, was_final)
  else
    reschedule(job, value)
  end
  return "ok"
end

local _, more_overdue = expire_due()
local reply = {}
for at = items, #ARGV, 3 do
  if more_overdue then expire_named(ARGV[at]) end
  reply[#reply + 1] = change_one(ARGV[at], ARGV[at + 1], ARGV[at + 2])
end
if next(due_ids) then
  wake_when_next(KEY.delayed, due_ids)
  wake_when_next(KEY.retrying, due_ids)
end
if noticed then publish_notices() end
return { reply, put_out }
