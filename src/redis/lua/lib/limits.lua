-- @include lib/limits-record.lua
-- @include lib/limits-groups.lua
-- @include lib/limits-keys.lua
-- @include lib/limits-gates.lua
-- @include lib/limits-workflows.lua
-- @include lib/limits-collect.lua
-- @rare
-- @key parked
-- The places at which a job with limits may be treated differently: each is called for such jobs alone. A
-- waiting job that may not be next is parked: it is in `parked` instead of the list, with the score it would
-- have as a prioritized one, and whoever parked it brings it back.
-- The job becomes waiting, at the back or the front of its priority. Returns whether it was parked.
local function limits_enter(job, is_front)
  local limits = limits_of(job)
  hold_keys(job, limits)
  if is_front and #gates_of(job) > 0 then
    return_to_gates(job)
    return true
  end
  if limits.group then
    enter_group(job, limits.group, is_front)
  elseif limits.collect then
    enter_collect(job, limits.collect, is_front)
  elseif limits.workflow then
    enter_workflow(job)
  else
    return false
  end
  return true
end

-- A waiting job goes for another reason than a claim. Returns whether it was somewhere else than in its queue.
local function limits_leave(job)
  job.has_left = true
  local limits = limits_of(job)
  local was_parked = call("ZREM", KEY.parked, job.id) == 1
  if was_parked and limits.group then leave_group(job, limits.group) end
  if was_parked and limits.collect then leave_collect(job, limits.collect) end
  return leave_gates(job, was_parked)
end

-- The job is next. Returns whether it may start; when not, it was parked.
local function limits_start(job)
  return #gates_of(job) == 0 or pass_gates(job)
end

-- The job is no longer active.
local function limits_stop(job)
  let_go(job)
end

-- The job is over: final, discarded or removed. `sections` say how.
local function limits_end(job, state, sections)
  local limits = limits_of(job)
  free_keys(job, limits)
  -- It was popped and is overdue: it may hold room for its start.
  if job.state == STATE.waiting and not job.has_left then let_go(job) end
  if limits.workflow then workflow_over(job, state, sections) end
  if limits.step then step_over(job, limits.step, state, sections) end
end

-- The time of a timer has come. It is gone already.
local function limits_timer(letter, key)
  if letter == "c" then make_ready(key) end
  if letter == "l" or letter == "r" then admit_blocked(letter .. key) end
  if letter == "f" then remind_of(key) end
end
