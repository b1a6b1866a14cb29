-- @include lib/flow-record.lua
-- @include lib/flow-groups.lua
-- @include lib/flow-keys.lua
-- @include lib/flow-gates.lua
-- @include lib/flow-workflows.lua
-- @include lib/flow-collect.lua
-- @rare
-- @key aside
-- The places at which a job with a flow may be treated differently: each is called for such jobs alone. A
-- waiting job that may not be next is set aside: it is in `aside` instead of the list, with the score it would
-- have as a prioritized one, and whoever set it aside brings it back.
-- The job becomes waiting, at the back or the front of its priority. Returns whether it was set aside.
local function flow_enter(job, is_front)
  local flow = flow_of(job)
  hold_keys(job, flow)
  if is_front and #gates_of(job) > 0 then
    return_to_gates(job)
    return true
  end
  if flow.group then
    enter_group(job, flow.group, is_front)
  elseif flow.collect then
    enter_collect(job, flow.collect, is_front)
  elseif flow.workflow then
    enter_workflow(job)
  else
    return false
  end
  return true
end

-- A waiting job goes for another reason than a claim. Returns whether it was somewhere else than in its queue.
local function flow_leave(job)
  job.has_left = true
  local flow = flow_of(job)
  local was_aside = call("ZREM", KEY.aside, job.id) == 1
  if was_aside and flow.group then leave_group(job, flow.group) end
  if was_aside and flow.collect then leave_collect(job, flow.collect) end
  return leave_gates(job, was_aside)
end

-- The job is next. Returns whether it may start; when not, it was set aside.
local function flow_start(job)
  return #gates_of(job) == 0 or pass_gates(job)
end

-- The job is no longer active.
local function flow_stop(job)
  let_go(job)
end

-- The job is over: final, discarded or removed. `sections` say how.
local function flow_end(job, state, sections)
  local flow = flow_of(job)
  free_keys(job, flow)
  -- It was popped and is overdue: it may hold room for its start.
  if job.state == STATE.waiting and not job.has_left then let_go(job) end
  if flow.workflow then workflow_over(job, state, sections) end
  if flow.step then step_over(job, flow.step, state, sections) end
end

-- The time of a timer has come. It is gone already.
local function flow_timer(letter, key)
  if letter == "c" then make_ready(key) end
  if letter == "l" or letter == "r" then admit_blocked(letter .. key) end
  if letter == "f" then add_news({ kind = "timer", id = key }) end
end
