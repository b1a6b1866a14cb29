-- @include lib/limits-record.lua
-- @include lib/limits-groups.lua
-- @include lib/gates.lua
-- @include lib/collects.lua
-- @include lib/suspects.lua
-- @key waiting
-- @key prioritized
-- @key tombstones
-- @key suspects
-- @key parked
-- @key blocked
-- @key collect
-- @key meta
-- Waiting jobs go for another reason than a claim. Taking one out of the middle of a long list would cost a walk over all
-- of it, so its entry stays as a tombstone that a claim skips.
local LONGEST_WALK = 2000

-- Returns whether it was there.
local function leave_apart(job)
  if not is_suspect(job) or call("ZREM", KEY.suspects, job.id) == 0 then return false end
  call("ZREM", KEY.parked, job.id)
  return true
end

local function leave_collect(job, collect)
  call("ZREM", KEY.collect .. collect.key, job.id)
  if call("EXISTS", KEY.collect .. collect.key) == 0 then end_collect(collect.key) end
end

-- A waiting job goes for another reason than a claim. Whether it was parked or had come back.
local function leave_gates(job, was_parked)
  local gates = gates_of(job)
  if #gates == 0 then return was_parked end
  if was_parked then
    for _, gate in ipairs(gates) do
      if call("ZREM", KEY.blocked .. gate.name, job.id) == 1 then
        if call("EXISTS", KEY.blocked .. gate.name) == 1 then
          set_timer(gate.name, now_us)
        else
          stop_timer(gate.name)
        end
      end
    end
  elseif job.priority == 0 then
    was_parked = call("ZREM", KEY.prioritized, job.id) == 1
  end
  let_go(job)
  return was_parked
end

-- Returns whether it was somewhere else than in its queue.
local function limits_leave(job)
  local limits = limits_of(job)
  local was_parked = call("ZREM", KEY.parked, job.id) == 1
  if was_parked and limits.group then leave_group(job, limits.group) end
  if was_parked and limits.collect then leave_collect(job, limits.collect) end
  return leave_gates(job, was_parked)
end

local function leave_queue(job)
  if job.priority ~= 0 and call("ZREM", KEY.prioritized, job.id) == 1 then return end
  if job.flags ~= 0 and call("ZREM", KEY.parked, job.id) == 1 then return end
  if call("LLEN", KEY.waiting) <= LONGEST_WALK then
    call("LREM", KEY.waiting, 1, job.id)
  else
    call("HINCRBY", KEY.tombstones, job.id, 1)
    call("HINCRBY", KEY.meta, "tombstones", 1)
  end
end

local function leave_waiting(job)
  local was_apart = leave_apart(job)
  if has_limits(job) and limits_leave(job) or was_apart then return end
  leave_queue(job)
end
