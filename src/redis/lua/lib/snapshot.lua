-- @include lib/due.lua
-- @key active
-- @key progress
-- What a client needs to show a job: 5 parts per id, the record first; "" where there is none.
local function due_of(id, raw)
  local state = sub(raw, 1, 1)
  if state == STATE.delayed then return call("ZSCORE", KEY.delayed, id) end
  if state == STATE.retrying then return call("ZSCORE", KEY.retrying, id) end
  if is_readable(raw) then return "" end
  return call("ZSCORE", KEY.delayed, id) or call("ZSCORE", KEY.retrying, id)
end

local function expiry_of(id, raw)
  if #raw < 2 or byte(raw, 2) == 0 then return "" end
  return call("ZSCORE", KEY.ttl, id)
end

-- An unreadable record does not say its state: the index does.
local function state_of(id, raw, claim)
  if claim then return STATE.active end
  if is_readable(raw) then return sub(raw, 1, 1) end
  return locate(id)
end

local function snapshots(ids)
  if #ids == 0 then return {} end
  local parts = {}
  local raws = call("HMGET", KEY.jobs, unpack(ids))
  local claims = call("HMGET", KEY.active, unpack(ids))
  local endings = call("HMGET", KEY.done, unpack(ids))
  local progress = call("EXISTS", KEY.progress) == 1 and call("HMGET", KEY.progress, unpack(ids)) or {}
  for index, id in ipairs(ids) do
    local raw, claim = raws[index] and with_end(raws[index], endings[index]), claims[index]
    local at = (index - 1) * 7
    parts[at + 1] = id
    parts[at + 2] = raw and state_of(id, raw, claim) or ""
    parts[at + 3] = raw or ""
    parts[at + 4] = claim or ""
    parts[at + 5] = raw and due_of(id, raw) or ""
    parts[at + 6] = raw and expiry_of(id, raw) or ""
    parts[at + 7] = progress[index] or ""
  end
  return parts
end
