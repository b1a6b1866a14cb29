-- @include lib/admit-blocked.lua
-- @key holders
-- @key starts
-- @key blocked
-- Jobs that are next start, or are parked at a gate.
-- Popped jobs that this script has parked instead of claiming them.
local parked = 0

local function was_displaced(job)
  local was = displaced[job.id]
  displaced[job.id] = nil
  return was
end

-- Whether nobody may start, whoever holds room: others may let more through, and have started meanwhile.
local function is_full(gate)
  if gate.window_us then
    return gate.most <= call("ZCOUNT", KEY.starts .. gate.name, "(" .. as_text(now_us - gate.window_us), "+inf")
  end
  return gate.most <= call("ZCOUNT", KEY.holders .. gate.name, as_text(RUNNING), as_text(RUNNING))
end

-- Whether a job at `place` may pass; it does not hold the room yet. Nobody passes those who are blocked.
local function may_pass(gate, place)
  local first = call("ZRANGE", KEY.blocked .. gate.name, 0, 0, "WITHSCORES")[2]
  if first and tonumber(first) <= place then return false end
  if room_of(gate) > 0 then return true end
  if is_full(gate) then return false end
  while displace(gate, place) do
    if room_of(gate) > 0 then return true end
  end
  return false
end

-- Of those whose room was taken some may still fit, when their own gate lets more through.
local function readmit(job)
  if not has_displaced then return end
  has_displaced = false
  for _, gate in ipairs(gates_of(job)) do admit_blocked(gate.name) end
end

-- The first gate at which the job has to wait, nil for none. `place` may be that of the last of its priority.
local function blocking_gate(job, place)
  for _, gate in ipairs(gates_of(job)) do
    if gate.held then
      if is_full(gate) then return gate end
    elseif not may_pass(gate, place) then
      return gate
    end
  end
end

-- The place of a job that holds room and has not started, nil when it holds none.
local function held_place(job)
  local place
  for _, gate in ipairs(gates_of(job)) do
    gate.held = call("ZSCORE", KEY.holders .. gate.name, job.id)
    place = place or gate.held
  end
  return place
end

local function stop_at(job, gate, place)
  if gate.held then call("ZREM", KEY.holders .. gate.name, job.id) end
  for _, other in ipairs(gates_of(job)) do
    if other ~= gate then
      if other.held then call("ZREM", KEY.holders .. other.name, job.id) end
      admit_blocked(other.name)
    end
  end
  block(job, gate, place)
end

-- A gate that is known to be full, so that one popped job after the other need not be asked.
local function shut_gate(job)
  for _, gate in ipairs(gates_of(job)) do
    local priority = shut[gate.name]
    if priority and job.priority <= priority and #gates_of(job) == 1 then return gate end
  end
end

local function note_shut(job, gate)
  local last = call("ZRANGE", KEY.holders .. gate.name, 0, 0, "REV", "WITHSCORES")[2]
  if not last or tonumber(last) == RUNNING then shut[gate.name] = job.priority end
end

local function start_at(job, gate)
  if not gate.window_us then
    call("ZADD", KEY.holders .. gate.name, as_text(RUNNING), job.id)
    return
  end
  if gate.held then call("ZREM", KEY.holders .. gate.name, job.id) end
  call("ZADD", KEY.starts .. gate.name, as_text(now_us), as_text(now_us) .. job.id)
  call("PEXPIRE", KEY.starts .. gate.name, as_text(gate.window_us / 1000 + 1))
  if call("EXISTS", KEY.blocked .. gate.name) == 1 then await_room(gate) end
end

-- The job is next. Whether it passes all its gates; when not, it was parked.
local function pass_gates(job)
  if was_displaced(job) then
    parked = parked + 1
    return false
  end
  local gate, place = shut_gate(job), nil
  if not gate then
    place = held_place(job) or job.apart_place
    gate = blocking_gate(job, tonumber(place or band_score(job.priority, MIDDLE - 1)))
  end
  if gate then
    stop_at(job, gate, place or job.apart_place or new_score(job, false))
    if not shut[gate.name] then note_shut(job, gate) end
    parked = parked + 1
    return false
  end
  for _, passed in ipairs(gates_of(job)) do start_at(job, passed) end
  readmit(job)
  return true
end

-- The job is next. Returns whether it may start; when not, it was parked.
local function limits_start(job)
  return #gates_of(job) == 0 or pass_gates(job)
end
