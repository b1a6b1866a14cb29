-- @include lib/limits-enter.lua
-- @include lib/queue.lua
-- @include lib/suspects.lua
-- Jobs become waiting: they are simply next, parked, or suspects.
-- Waiting jobs: those that are simply next, those parked, and suspects.
local function enter_back(job)
  if is_suspect(job) then return set_apart(job, new_score(job, false)) end
  if has_limits(job) and limits_enter(job, false) then return end
  queue_back(job)
end

local function enter_front(job)
  if is_suspect(job) then return set_apart(job, new_score(job, true)) end
  if has_limits(job) and limits_enter(job, true) then return end
  queue_front(job)
end
