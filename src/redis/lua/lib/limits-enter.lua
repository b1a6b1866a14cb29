-- @include lib/limits-record.lua
-- @include lib/hold-keys.lua
-- @include lib/gates.lua
-- @include lib/limits-groups.lua
-- @include lib/enter-collect.lua
-- @include lib/news.lua
-- @key parked
-- @key blocked
-- @key meta
-- No worker runs a workflow, so its job stands aside until the last step ends it.
local function enter_workflow(job)
  call("ZADD", KEY.parked, band_score(job.priority, call("HINCRBY", KEY.meta, "tail", 1)), job.id)
  put_news(">" .. job.id, STATE.waiting, { workflow = job.id, node = 0, run = 0 }, "")
end

-- The job was given back: it is in front of all that wait, also of those blocked at its gates. It waits at the first of
-- them until somebody looks.
local function return_to_gates(job)
  local gate, place = gates_of(job)[1], new_score(job, true)
  call("ZADD", KEY.parked, place, job.id)
  call("ZADD", KEY.blocked .. gate.name, place, job.id)
  set_timer(gate.name, now_us)
end

-- A waiting job that may not be next is parked: it is in `parked` instead of the list, with the score it would have as a
-- prioritized one, and whoever parked it brings it back.
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
