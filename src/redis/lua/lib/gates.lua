-- @include lib/limits-record.lua
-- @include lib/timers.lua
-- @include lib/places.lua
-- @key parked
-- @key blocked
-- @key holders
-- @key prioritized
-- @key meta
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

-- What the task's workers said that stands above the numbers of its jobs: `max` at a limit, `rate` with `limit` and `windowMs`.
local above

local function gates_of(job)
  if job.gates then return job.gates end
  job.gates = {}
  if not is_gated(job) then return job.gates end
  above = above or cjson.decode(call("HGET", KEY.meta, "limits") or "{}")
  local limits, gates = limits_of(job), {}
  if limits.limit then gates[1] = { name = "l" .. limits.limit.key, most = above.max or limits.limit.max } end
  if limits.rate then
    local rate = above.rate or limits.rate
    gates[#gates + 1] = { name = "r" .. limits.rate.key, most = rate.limit, window_us = rate.windowMs * 1000 }
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
