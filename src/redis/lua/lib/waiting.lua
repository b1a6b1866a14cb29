-- @include lib/flow.lua
-- @include lib/queue.lua
-- @rare
-- @key aside
-- Waiting jobs: those that are simply next, and those set aside.
local function enter_back(job)
  if has_flow(job) and flow_enter(job, false) then return end
  queue_back(job)
end

local function enter_front(job)
  if has_flow(job) and flow_enter(job, true) then return end
  queue_front(job)
end

local function leave_waiting(job)
  if has_flow(job) and flow_leave(job) then return end
  leave_queue(job)
end

local function waiting_count()
  return queue_length() + call("ZCARD", KEY.aside)
end
