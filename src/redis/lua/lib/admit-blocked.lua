-- @include lib/job.lua
-- @include lib/gates.lua
-- @include lib/limits-groups.lua
-- @include lib/queue.lua
-- @include lib/suspects.lua
-- @key parked
-- @key blocked
-- @key holders
-- @key starts
-- @key suspects
-- @key prioritized
-- Those blocked at a gate come back when it has room.
local RUNNING = -4503599627370496
-- So many come back in one script: about 20 µs each.
local most_admitted = 150
-- How far in front of the others of their priority jobs come back that had been parked.
local FRONT = 274877906944
-- Ids that this script has popped and not looked at yet, and those of them that it has parked, before their turn.
local in_hand, displaced = {}, {}
-- Gates at which jobs wait and that no waiting job holds → the priority from which on down everyone has to wait.
local shut = {}
-- Whether this script has parked jobs that held room.
local has_displaced = false

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

-- In front of all others of its priority, in the order of `place`: for priority 0, in front of the list.
local function front_score(priority, place)
  return as_text(tonumber(place) - FRONT - (priority == 0 and MIDDLE or 0))
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
  local was_queued = is_suspect(job) and call("ZREM", KEY.suspects, id) == 1 and 1 or group and leave_group(job, group) or call("ZREM", KEY.prioritized, id)
  if was_queued == 0 then displaced[id] = true end
  block(job, gate, last[2])
  return true
end

-- Brings back as many of those blocked at a gate as it has room for. One whose limits was damaged goes on without.
local function admit_blocked(name)
  shut[name] = nil
  while most_admitted > 0 do
    most_admitted = most_admitted - 1
    local first = call("ZRANGE", KEY.blocked .. name, 0, 0, "WITHSCORES")
    local id, place = first[1], first[2]
    if not id then return end
    local job = load_job(id)
    local gate = job and job.state == STATE.waiting and gate_of(job, name)
    while gate and room_of(gate) <= 0 do
      if not displace(gate, tonumber(place)) then return await_room(gate) end
    end
    call("ZREM", KEY.blocked .. name, id)
    call("ZREM", KEY.parked, id)
    if gate then
      call("ZADD", KEY.holders .. name, place, id)
      -- What was popped keeps its turn.
      if displaced[id] and in_hand[id] then displaced[id] = nil else queue_returned(job, place) end
    elseif job and job.state == STATE.waiting then
      queue_back(job)
    end
  end
  set_timer(name, now_us)
end
