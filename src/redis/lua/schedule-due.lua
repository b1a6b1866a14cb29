-- Schedules of some tasks whose next slot has come.
-- @arg limit number
-- @arg items text... task
-- @returns readonly [now: number, nextDueInMs: number, parts: Buffer[]]
-- @oom allowed
-- @include lib/schedule-parts.lua
-- Reply: the wait is for the first slot that has not come, -1 when there is none.
local schedules = KEYS[1]
local overdue = {}
local next_slot = math.huge

local function look_at(task)
  local key = SCHEDULES.slots .. task
  local found = call("ZRANGE", key, "-inf", as_text(now), "BYSCORE", "LIMIT", 0, limit, "WITHSCORES")
  for index = 1, #found, 2 do
    overdue[#overdue + 1] = { name = found[index], at = tonumber(found[index + 1]), order = #overdue }
  end
  local coming = call("ZRANGE", key, "(" .. as_text(now), "+inf", "BYSCORE", "LIMIT", 0, 1, "WITHSCORES")
  if coming[2] then next_slot = math.min(next_slot, tonumber(coming[2])) end
end

for at = items, #ARGV do look_at(ARGV[at]) end
table.sort(overdue, function(left, right)
  if left.at ~= right.at then return left.at < right.at end
  return left.order < right.order
end)
local names = {}
for index = 1, math.min(limit, #overdue) do names[index] = overdue[index].name end
return { now, next_slot == math.huge and -1 or next_slot - now, schedule_parts(schedules, names) }
