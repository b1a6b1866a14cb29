-- @include lib/payload.lua
-- @include lib/holder.lua
-- @key waiting
-- @key prioritized
-- @key parked
-- @key tombstones
-- @key delayed
-- @key retrying
-- @key ttl
-- @key suspects
-- @key active
-- @key leases
-- @key lost
-- @key cancels
-- @key completed
-- @key done
-- @key failed
-- @key cancelled
-- @key expired
-- @key limits
-- @key extras
-- @key progress
-- @key unique
-- @key debounced
-- @key meta
-- What must be true of each entry of a task, whatever happens to its jobs meanwhile: a script sees one moment. Each check
-- gives the kind of the fault, nothing where all is well.
local LONGEST_LIST = 10000
local MISSING, HIDDEN, WRONG, UNOWNED, COUNT = "unrecorded", "unlisted", "misplaced", "ownerless", "miscounted"

-- The state that a stored job is in; nothing for a record that cannot be read, which does not say.
local function stored_state(id, raw)
  if call("HEXISTS", KEY.active, id) == 1 then return STATE.active end
  if call("HEXISTS", KEY.done, id) == 1 then return STATE.completed end
  return is_readable(raw) and sub(raw, 1, 1)
end

-- Whether the job is one of these states, or cannot be read.
local function is_among(states, id)
  local raw = call("HGET", KEY.jobs, id)
  if not raw then return false end
  local state = stored_state(id, raw)
  return not state or string.find(states, state, 1, true) ~= nil
end

local OPEN = STATE.waiting .. STATE.delayed .. STATE.retrying .. STATE.active

-- An entry that says of a job that it is in one of these states.
local function check_entry(place, id)
  if is_among(place.states, id) then return nil end
  if place.has_ghosts and call("HEXISTS", KEY.tombstones, id) == 1 then return nil end
  return call("HEXISTS", KEY.jobs, id) == 1 and WRONG or MISSING
end

local function check_claim(place, id, claim)
  local fault = check_entry(place, id)
  if fault then return fault end
  local lease = holder_of(claim)
  if call("ZSCORE", KEY.leases, lease) or call("ZSCORE", KEY.lost, lease) then return nil end
  return UNOWNED
end

local function check_beside(_, id)
  return call("HEXISTS", KEY.jobs, id) == 0 and MISSING or nil
end

-- A payload belongs to a job whose record says that it stands here.
local function check_payload(_, id)
  local raw = call("HGET", KEY.jobs, id)
  if not raw then return MISSING end
  return not is_beside(raw) and is_readable(raw) and UNOWNED or nil
end

local function check_unique(_, _, id)
  return not is_among(OPEN, id) and UNOWNED or nil
end

local function check_debounced(_, _, text)
  return not is_among(OPEN, string.match(text, "^%S+ (.*)$") or "") and UNOWNED or nil
end

-- Which ids are in a list; nothing: it is too long to say.
local listed = {}
local function in_list(key)
  if listed[key] == nil then
    listed[key] = false
    if call("LLEN", key) <= LONGEST_LIST then
      listed[key] = {}
      for _, id in ipairs(call("LRANGE", key, 0, -1)) do listed[key][id] = true end
    end
  end
  return listed[key]
end

local function is_listed(key, id, is_exact)
  local ids = in_list(key)
  if ids then return ids[id] == true end
  return not is_exact or call("LPOS", key, id) ~= false
end

-- A stored job is in the index of its state.
local function check_record(place, id, raw)
  local state = stored_state(id, raw)
  local found = true
  if state == STATE.waiting then
    found = call("ZSCORE", KEY.prioritized, id) or call("ZSCORE", KEY.parked, id) or is_listed(KEY.waiting, id, place.is_exact)
  elseif state == STATE.completed then
    found = is_listed(KEY.completed, id, place.is_exact)
  elseif state == STATE.delayed then
    found = call("ZSCORE", KEY.delayed, id)
  elseif state == STATE.retrying then
    found = call("ZSCORE", KEY.retrying, id)
  elseif state == STATE.failed then
    found = call("ZSCORE", KEY.failed, id)
  elseif state == STATE.cancelled then
    found = call("ZSCORE", KEY.cancelled, id)
  elseif state == STATE.expired then
    found = call("ZSCORE", KEY.expired, id)
  end
  return not found and HIDDEN or nil
end

local function check_counter(_, name, count)
  if name ~= "tombstones" or call("HLEN", KEY.tombstones) > LONGEST_LIST then return nil end
  local sum = 0
  for _, each in ipairs(call("HVALS", KEY.tombstones)) do sum = sum + tonumber(each) end
  return tonumber(count) ~= sum and COUNT or nil
end

-- In the order in which they are looked at; `key` is a hash unless `form` says otherwise. Its name is what stands behind the root.
local PLACES = {
  { key = KEY.jobs, check = check_record },
  { key = KEY.waiting, form = "list", states = STATE.waiting, has_ghosts = true },
  { key = KEY.prioritized, form = "sorted", states = STATE.waiting },
  { key = KEY.parked, form = "sorted", states = STATE.waiting },
  { key = KEY.delayed, form = "sorted", states = STATE.delayed },
  { key = KEY.retrying, form = "sorted", states = STATE.retrying },
  { key = KEY.active, states = STATE.active, check = check_claim },
  { key = KEY.completed, form = "list", states = STATE.completed },
  { key = KEY.failed, form = "sorted", states = STATE.failed },
  { key = KEY.cancelled, form = "sorted", states = STATE.cancelled },
  { key = KEY.expired, form = "sorted", states = STATE.expired },
  { key = KEY.ttl, form = "sorted", states = STATE.waiting .. STATE.delayed },
  { key = KEY.suspects, form = "sorted", states = STATE.waiting },
  { key = KEY.cancels, states = STATE.active },
  { key = KEY.limits, check = check_beside },
  { key = KEY.extras, check = check_beside },
  { key = KEY.payloads, form = "names", check = check_payload },
  { key = KEY.progress, check = check_beside },
  { key = KEY.done, check = check_beside },
  { key = KEY.unique, check = check_unique },
  { key = KEY.debounced, check = check_debounced },
  { key = KEY.meta, check = check_counter },
}

local function name_of(place)
  return sub(place.key, #root + 1)
end

local function fault_at(place, id, value)
  return (place.check or check_entry)(place, id, value)
end
