-- Ends jobs that have not started.
-- @arg keep_cancelled number
-- @arg limit number at most 1 000
-- @arg reason text
-- @arg states text letters: waiting, delayed, retrying
-- @returns readonly [drained: number, more: number, putOut: Buffer[]]
-- @oom allowed
-- @include lib/cancelling.lua
-- @include lib/expire-due.lua
-- @include lib/take-list.lua
-- @include lib/trim.lua
-- @include lib/waiting-count.lua
-- @key jobs
-- @key prioritized
-- @key waiting
-- @key parked
-- @key delayed
-- @key retrying
-- @key meta
kept[STATE.cancelled] = keep_cancelled
local drained = 0

local function wanted(state)
  return string.find(states, state, 1, true) ~= nil
end

-- `leave` takes the job out of its index, where that has not happened.
local function end_all(ids, leave)
  for _, id in ipairs(ids) do
    local job = load_job(id)
    if job then
      leave(job)
      end_cancelled(job, reason)
      drained = drained + 1
    end
  end
end

local function leave_limits(job)
  if has_limits(job) then limits_leave(job) end
end

-- The end of one may bring others from among the parked into the queue, so who is to end is read before any does.
local function drain_waiting()
  local ids = {}
  take_band(ids, "-inf", "(0", limit)
  take_list(ids, limit)
  if #ids < limit then take_band(ids, "(0", "+inf", limit - #ids) end
  -- These get no fence: what `skew` made of that is taken back.
  if #ids > 0 then call("HINCRBY", KEY.meta, "skew", -#ids) end
  local beside = #ids < limit and call("ZRANGE", KEY.parked, 0, limit - #ids - 1) or {}
  end_all(ids, leave_limits)
  end_all(beside, function(job) leave_waiting(job) end)
end

local function drain_sorted(key)
  if drained >= limit then return end
  end_all(call("ZRANGE", key, 0, limit - drained - 1), function(job) leave_due(key, job.id) end)
end

local function left()
  local count = wanted(STATE.waiting) and waiting_count() or 0
  if wanted(STATE.delayed) then count = count + call("ZCARD", KEY.delayed) end
  if wanted(STATE.retrying) then count = count + call("ZCARD", KEY.retrying) end
  return count
end

-- A job whose TTL is past ends by that, so all of them end first: `more` is 2 until they have.
local _, has_overdue = expire_due()
if has_overdue then
  if noticed then publish_notices() end
  trim_touched()
  return { 0, 2, put_out }
end
if wanted(STATE.waiting) then drain_waiting() end
if wanted(STATE.delayed) then drain_sorted(KEY.delayed) end
if wanted(STATE.retrying) then drain_sorted(KEY.retrying) end
if drained > 0 then
  emit(NOTICE.drained, "", 0, section(SECTION.count, as_text(drained)))
  trim_touched()
end
if noticed then publish_notices() end
return { drained, left() > 0 and 1 or 0, put_out }
