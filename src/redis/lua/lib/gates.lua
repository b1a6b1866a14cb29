-- @include lib/limits-record.lua
-- @include lib/timers.lua
-- @include lib/places.lua
-- @key parked
-- @key blocked
-- @key holders
-- @key prioritized
-- Gates: what a job must pass to start. `l<key>` lets so many run at once, `r<key>` lets so many start within a
-- window. A job is stopped at a gate when it is next and the gate is full: it is parked in `blocked`, by its place.
-- When the gate has room again, the first of them comes back to the very front of its priority, and holds its room
-- from then on: `holders` has such jobs by place, and those that run. Whoever is in front of a holder that has not
-- started takes its room. Sets of ids, not counters: leaving twice changes nothing.
-- Who gives room back only says, by a timer that is over, that somebody look at the gate: a claim admits those it can.

-- Whether a job may have gates; an unreadable record does not say.
local function is_gated(job)
  return math.floor(job.flags / FLAG.gated) % 2 == 1 or sub(job.body, 1, 1) == CORRUPT_MARK
end

local function gates_of(job)
  if job.gates then return job.gates end
  job.gates = {}
  if not is_gated(job) then return job.gates end
  local limits, gates = limits_of(job), {}
  if limits.limit then gates[1] = { name = "l" .. limits.limit.key, most = limits.limit.max } end
  if limits.rate then
    gates[#gates + 1] = { name = "r" .. limits.rate.key, most = limits.rate.limit, window_us = limits.rate.windowMs * 1000 }
  end
  job.gates = gates
  return gates
end

local function look_again(gate)
  if call("EXISTS", KEY.blocked .. gate.name) == 1 then set_timer(gate.name, now_us) end
end

-- The job gives back all room it holds.
local function let_go(job)
  for _, gate in ipairs(gates_of(job)) do
    if call("ZREM", KEY.holders .. gate.name, job.id) == 1 then look_again(gate) end
  end
end

-- The job was given back: it is in front of all that wait, also of those blocked at its gates. It waits at the first of
-- them until somebody looks.
local function return_to_gates(job)
  local gate, place = gates_of(job)[1], new_score(job, true)
  call("ZADD", KEY.parked, place, job.id)
  call("ZADD", KEY.blocked .. gate.name, place, job.id)
  set_timer(gate.name, now_us)
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
