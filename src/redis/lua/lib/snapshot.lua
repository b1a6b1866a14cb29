-- @include lib/job.lua
-- @include lib/overdue.lua
-- @include lib/payload.lua
-- @key delayed
-- @key retrying
-- @key active
-- @key progress
-- @key limits
-- What a client needs to show a job: 8 parts per id; "" where there is none. An overdue job is shown as it will be when
-- somebody ends it.
local function due_of(id, raw)
  local state = sub(raw, 1, 1)
  if state == STATE.delayed then return call("ZSCORE", KEY.delayed, id) or "" end
  if state == STATE.retrying then return call("ZSCORE", KEY.retrying, id) or "" end
  if is_readable(raw) then return "" end
  return call("ZSCORE", KEY.delayed, id) or call("ZSCORE", KEY.retrying, id) or ""
end

local function expiry_of(id, raw)
  if #raw < 2 or byte(raw, 2) == 0 then return "" end
  return call("ZSCORE", KEY.ttl, id) or ""
end

-- An unreadable record does not say its state: the index does.
local function state_of(id, raw, claim)
  if claim then return STATE.active end
  if is_readable(raw) then return sub(raw, 1, 1) end
  return locate(id)
end

-- What else stands there may be long, and is not sent.
local function group_of(limits)
  local group = limits and string.find(limits, '"group"', 1, true) and cjson.decode(limits).group
  return group and group.key or ""
end

-- State, record, claim, due, expiry and progress of a stored job.
local function parts_of(id, raw, claim, progress)
  if not raw then return "", "", claim or "", "", "", progress or "" end
  local expiry = expiry_of(id, raw)
  local score = tonumber(expiry)
  if not claim and score and score <= now and is_readable(raw) then
    if is_discarded(score) then return "", "", "", "", "", "" end
    return STATE.expired, as_expired(raw, score), "", "", "", progress or ""
  end
  return state_of(id, raw, claim), raw, claim or "", due_of(id, raw), expiry, progress or ""
end

local function snapshots(ids)
  if #ids == 0 then return {} end
  local parts = {}
  local raws = call("HMGET", KEY.jobs, unpack(ids))
  local claims = call("HMGET", KEY.active, unpack(ids))
  local endings = call("HMGET", KEY.done, unpack(ids))
  local limits = call("EXISTS", KEY.limits) == 1 and call("HMGET", KEY.limits, unpack(ids)) or {}
  local progress = call("EXISTS", KEY.progress) == 1 and call("HMGET", KEY.progress, unpack(ids)) or {}
  for index, id in ipairs(ids) do
    local raw, claim = raws[index] and with_end(whole(id, raws[index]), endings[index]), claims[index]
    local at = (index - 1) * 8
    parts[at + 1] = id
    parts[at + 2], parts[at + 3], parts[at + 4], parts[at + 5], parts[at + 6], parts[at + 7] =
      parts_of(id, raw, claim, progress[index])
    parts[at + 8] = group_of(limits[index])
  end
  return parts
end
