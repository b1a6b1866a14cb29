-- @include lib/limits-record.lua
-- @include lib/hold-keys.lua
-- @include lib/gates.lua
-- @include lib/limits-groups.lua
-- @include lib/enter-collect.lua
-- @include lib/news.lua
-- @key parked
-- @key meta
-- No worker runs a workflow, so its job stands aside until the last step ends it.
local function enter_workflow(job)
  call("ZADD", KEY.parked, band_score(job.priority, call("HINCRBY", KEY.meta, "tail", 1)), job.id)
  put_news(">" .. job.id, STATE.waiting, { workflow = job.id, node = 0, run = 0 }, "")
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
