-- @include lib/extras.lua
-- @include lib/queue.lua
-- @include lib/flow-groups.lua
-- @include lib/flow-keys.lua
-- @include lib/timers.lua
-- @include lib/flow-collect.lua
-- @rare
-- @key flows
-- @key aside
-- The places at which a job with a flow may be treated differently: each is called for such jobs alone. A
-- waiting job that may not be next is set aside: it is in `aside` instead of the list, with the score it would
-- have as a prioritized one, and whoever set it aside brings it back.
local function has_flow(job)
  return math.floor(job.flags / FLAG.flow) % 2 == 1
end

local function flow_of(job)
  if not job.flow then job.flow = cjson.decode(call("HGET", KEY.flows, job.id) or "{}") end
  return job.flow
end

-- Stores the flow of a job that is about to be stored. `text` is its JSON.
local function keep_flow(job, text)
  job.flags = job.flags + FLAG.flow
  call("HSET", KEY.flows, job.id, text)
  mark_extra(job.id, "f")
end

-- The job becomes waiting, at the back or the front of its priority. Returns whether it was set aside.
local function flow_enter(job, is_front)
  local flow = flow_of(job)
  hold_keys(job, flow)
  if flow.group then
    enter_group(job, flow.group, is_front)
  elseif flow.collect then
    enter_collect(job, flow.collect, is_front)
  else
    return false
  end
  return true
end

-- A waiting job that was set aside goes for another reason than a claim. Returns whether it was set aside.
local function flow_leave(job)
  if call("ZREM", KEY.aside, job.id) == 0 then return false end
  local flow = flow_of(job)
  if flow.group then leave_group(job, flow.group) end
  if flow.collect then leave_collect(job, flow.collect) end
  return true
end

-- The job is next. Returns whether it may start; when not, it was set aside.
local function flow_start(job)
  return true
end

-- The job is no longer active.
local function flow_stop(job)
end

-- The job is over: final, discarded or removed.
local function flow_end(job)
  free_keys(job, flow_of(job))
end

-- The time of a timer has come. It is gone already.
local function flow_timer(letter, key)
  if letter == "c" then make_ready(key) end
end
