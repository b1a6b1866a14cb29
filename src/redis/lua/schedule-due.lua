-- Schedules of some tasks whose next slot has come. Each root is that of a task.
-- @arg limit number
-- @arg tasks number how many roots there are
-- @returns readonly [now: number, nextDueInMs: number, parts: [position: number, name: Buffer, record: Buffer, runs: Buffer][]]
-- @oom allowed
-- @include lib/clock.lua
-- @key scheduleSlots
-- @key scheduleRecords
-- @key scheduleRuns
-- Reply: the wait is for the first slot that has not come, -1 when there is none; a position is that of the root.
local overdue = {}
local next_slot = math.huge

local function look_at(position)
  root = KEYS[position]
  local found = call("ZRANGE", KEY.scheduleSlots, "-inf", as_text(now), "BYSCORE", "LIMIT", 0, limit, "WITHSCORES")
  for index = 1, #found, 2 do
    overdue[#overdue + 1] = { name = found[index], at = tonumber(found[index + 1]), position = position }
  end
  local coming = call("ZRANGE", KEY.scheduleSlots, "(" .. as_text(now), "+inf", "BYSCORE", "LIMIT", 0, 1, "WITHSCORES")
  if coming[2] then next_slot = math.min(next_slot, tonumber(coming[2])) end
end

for position = 1, tasks do look_at(position) end
-- Those of one task are in order.
if tasks > 1 then
  table.sort(overdue, function(left, right)
    if left.at ~= right.at then return left.at < right.at end
    return left.name < right.name
  end)
end

-- Those of one task are read together.
local parts, of_task = {}, {}
for index = 1, math.min(limit, #overdue) do
  local each = overdue[index]
  parts[index] = { each.position, each.name }
  local own = of_task[each.position] or { names = {}, places = {} }
  of_task[each.position] = own
  own.names[#own.names + 1], own.places[#own.places + 1] = each.name, index
end
for position, own in pairs(of_task) do
  root = KEYS[position]
  local records = call("HMGET", KEY.scheduleRecords, unpack(own.names))
  local runs = call("HMGET", KEY.scheduleRuns, unpack(own.names))
  for nth, place in ipairs(own.places) do
    parts[place][3], parts[place][4] = records[nth] or "", runs[nth] or ""
  end
end
return { now, next_slot == math.huge and -1 or next_slot - now, parts }
