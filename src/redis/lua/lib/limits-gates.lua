-- @include lib/limits-record.lua
-- @include lib/limits-groups.lua
-- @include lib/queue.lua
-- @include lib/suspects.lua
-- @include lib/timers.lua
-- @include lib/parked.lua
-- @rare
-- @key parked
-- @key blocked
-- @key holders
-- @key starts
-- @key prioritized
-- @key meta
-- Gates: what a job must pass to start. `l<key>` lets so many run at once, `r<key>` lets so many start within a
-- window. A job is stopped at a gate when it is next and the gate is full: it is parked in `blocked`, by its place.
-- When the gate has room again, the first of them comes back to the very front of its priority, and holds its room
-- from then on: `holders` has such jobs by place, and those that run. Whoever is in front of a holder that has not
-- started takes its room. Sets of ids, not counters: leaving twice changes nothing.
local RUNNING = -4503599627370496
local MOST_ADMITTED = 200
-- Ids that this script has popped and then parked, before their turn.
local displaced = {}
-- Gates at which jobs wait and that no waiting job holds → the priority from which on down everyone has to wait.
local shut = {}
-- Whether this script has parked jobs that held room.
local has_displaced = false

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

-- How many more may pass.
local function room_of(gate)
  local room = gate.most - call("ZCARD", KEY.holders .. gate.name)
  if not gate.window_us then return room end
  call("ZREMRANGEBYSCORE", KEY.starts .. gate.name, "-inf", as_text(now_us - gate.window_us))
  return room - call("ZCARD", KEY.starts .. gate.name)
end

-- A full rate has room again when enough of its starts have left the window; unless jobs that hold its room have to
-- start before.
local function await_room(gate)
  if not gate.window_us then return end
  local index = math.max(0, -room_of(gate))
  local start = call("ZRANGE", KEY.starts .. gate.name, index, index, "WITHSCORES")
  if start[2] then set_timer(gate.name, tonumber(start[2]) + gate.window_us) end
end

local function block(job, gate, place)
  call("ZADD", KEY.parked, place, job.id)
  call("ZADD", KEY.blocked .. gate.name, place, job.id)
  if not shut[gate.name] then await_room(gate) end
end

-- In front of the list, and of what was given back to its front.
local function queue_returned(job, place)
  local score = front_score(job.priority, place)
  if is_suspect(job) then return set_apart(job, score) end
  local group = limits_of(job).group
  if group then
    enter_group_at(job, group, score)
  else
    call("ZADD", KEY.prioritized, score, job.id)
    wake_one()
  end
end

local function gate_of(job, name)
  for _, gate in ipairs(gates_of(job)) do
    if gate.name == name then return gate end
  end
end

-- Brings back as many of those blocked at a gate as it has room for. One whose limits was damaged goes on without.
local function admit_blocked(name)
  shut[name] = nil
  for _ = 1, MOST_ADMITTED do
    local first = call("ZRANGE", KEY.blocked .. name, 0, 0, "WITHSCORES")
    local id, place = first[1], first[2]
    if not id then return end
    local job = load_job(id)
    local gate = job and job.state == STATE.waiting and gate_of(job, name)
    if gate and room_of(gate) <= 0 then return await_room(gate) end
    call("ZREM", KEY.blocked .. name, id)
    call("ZREM", KEY.parked, id)
    if gate then
      call("ZADD", KEY.holders .. name, place, id)
      queue_returned(job, place)
    elseif job and job.state == STATE.waiting then
      queue_back(job)
    end
  end
  set_timer(name, now_us)
end

-- The job gives back all room it holds, but at `kept`.
local function let_go(job, kept)
  for _, gate in ipairs(gates_of(job)) do
    if gate ~= kept and call("ZREM", KEY.holders .. gate.name, job.id) == 1 then admit_blocked(gate.name) end
  end
end

-- Takes the room of the last job that holds some and has not started, when that one is behind `place`.
local function displace(gate, place)
  local last = call("ZRANGE", KEY.holders .. gate.name, 0, 0, "REV", "WITHSCORES")
  local id, its_place = last[1], tonumber(last[2] or RUNNING)
  if its_place <= place then return false end
  has_displaced = true
  local job = load_job(id)
  call("ZREM", KEY.holders .. gate.name, id)
  shut[gate.name] = nil
  if not job or job.state ~= STATE.waiting then return true end
  local group = limits_of(job).group
  local was_queued = leave_apart(job) and 1 or group and leave_group(job, group) or call("ZREM", KEY.prioritized, id)
  if was_queued == 0 then displaced[id] = true end
  let_go(job)
  block(job, gate, last[2])
  return true
end

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
    gate = blocking_gate(job, tonumber(place or last_place(job.priority)))
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

-- The job was given back: it is in front of all that wait, also of those blocked at its gates.
local function return_to_gates(job)
  if was_displaced(job) then return end
  local held = held_place(job)
  if held then return queue_returned(job, held) end
  local place = new_score(job, true)
  local gate = blocking_gate(job, tonumber(place))
  if gate then return stop_at(job, gate, place) end
  for _, passed in ipairs(gates_of(job)) do
    shut[passed.name] = nil
    call("ZADD", KEY.holders .. passed.name, place, job.id)
  end
  queue_returned(job, place)
  readmit(job)
end

-- A waiting job goes for another reason than a claim. Whether it was parked or had come back.
local function leave_gates(job, was_parked)
  local gates = gates_of(job)
  if #gates == 0 then return was_parked end
  if was_parked then
    for _, gate in ipairs(gates) do
      if call("ZREM", KEY.blocked .. gate.name, job.id) == 1 then admit_blocked(gate.name) end
    end
  elseif job.priority == 0 then
    was_parked = call("ZREM", KEY.prioritized, job.id) == 1
  end
  let_go(job)
  return was_parked
end
