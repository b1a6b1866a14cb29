-- @include lib/finish.lua
-- @include lib/attempts.lua
-- @include lib/enter-waiting.lua
-- @include lib/newer.lua
-- @key newer
-- @key newerJobs
-- @key meta
-- @key cancels
-- @key retrying
-- @key delayed
-- Settlements other than a plain completion. `worker` is the section that names the lease.
local released, delayed_here = {}, 0

local function run_is_over(job)
  job.attempt = job.attempt + 1
  job.started = job.claimed
end

-- µs at which a wait of `delay` ms ends; one batch keeps its order. No wait is over at once, also for the last
-- of a thousand.
local function wait_end(delay)
  delayed_here = delayed_here + 1
  local start = delay == 0 and now_us - 1000 or now_us
  return as_text(start + delay * 1000 + delayed_here - 1)
end

local function retry(job, data, worker)
  local colon = string.find(data, ":", 1, true)
  local delay, failure = tonumber(sub(data, 1, colon - 1)), sub(data, colon + 1)
  remember_attempt(job, STATE.failed, failure)
  run_is_over(job)
  job.finished = now
  job.tail = keep_section(job.tail, SECTION.ttl) .. section(SECTION.error, failure)
  store_job(job, TO.retry.retrying)
  call("ZADD", KEY.retrying, wait_end(delay), job.id)
  emit(STATE.retrying, job.id, job.attempt,
    worker .. section(SECTION.error, failure) .. section(SECTION.delay, as_text(delay)))
end

-- `reach`: the version of a live worker that runs it, "" when there is none.
local function keep_newer(job, version, reach)
  call("ZADD", KEY.newer, version, version)
  call("ZADD", KEY.newerJobs .. version, band_score(job.priority, job.fence), job.id)
  if reach == "" then return end
  call("HSET", KEY.meta, "reach", reach)
  wake_version(reach)
end

local function release(job, data)
  local text, version, reach = string.match(data, "^(%d*):?(%d*):?(%d*)$")
  local delay = tonumber(text) or 0
  job.started = job.claimed
  if delay > 0 then
    job.finished = now
    store_job(job, TO.release.delayed)
    call("ZADD", KEY.delayed, wait_end(delay), job.id)
    if version ~= "" then keep_newer(job, version, reach) end
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

local function cancel(job, reason, worker)
  local failure = keep_section(job.tail, SECTION.error)
  run_is_over(job)
  finish(job, TO.cancel.cancelled, worker .. section(SECTION.reason, reason), failure)
end

-- Returns the status.
local function settle_special(job, event, data, worker)
  if has_limits(job) then let_go(job) end
  -- What was given back at once has not shown anything.
  if event ~= EVENT.release or (tonumber(data) or 0) > 0 then acquit(job) end
  if job.is_to_cancel then
    local reason = call("HGET", KEY.cancels, job.id) or ""
    call("HDEL", KEY.cancels, job.id)
    cancel(job, reason, worker)
    return event == EVENT.cancel and "a" or "c"
  end
  if event == EVENT.complete then
    run_is_over(job)
    finish(job, TO.complete.completed, worker .. data, keep_section(job.tail, SECTION.error))
  elseif event == EVENT.retry then
    retry(job, data, worker)
  elseif event == EVENT.fail then
    run_is_over(job)
    finish(job, TO.fail.failed, worker .. section(SECTION.error, data))
  elseif event == EVENT.cancel then
    cancel(job, data, worker)
  else
    release(job, data)
  end
  return "a"
end
