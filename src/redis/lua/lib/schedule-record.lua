-- @include lib/schedule-runs.lua
-- @key scheduleRecords
-- @key meta
-- A schedule's record begins with its revision. A task remembers the highest revision it gave.
local function revision_of(raw)
  return raw and #raw >= 6 and unpack_struct("<I6", raw) or 0
end

local function number_in_meta(field)
  return tonumber(call("HGET", KEY.meta, field)) or 0
end

-- The revision that a write gives.
local function next_revision(above)
  local revision = math.max(number_in_meta("schedules"), above) + 1
  call("HSET", KEY.meta, "schedules", as_text(revision))
  return revision
end

local function store_schedule(name, revision, record)
  call("HSET", KEY.scheduleRecords, name, pack("<I6", revision) .. record)
end
