-- Creates or replaces schedules.
-- @arg items text... name, expected revision, task, record without its revision, next slot or ""
-- @returns number[]
-- @include lib/schedule-runs.lua
-- Reply: the new revisions, 0 where another one is stored than was expected.
local schedules = KEYS[1]
local written = false

local function write(name, task, record, next_slot)
  local revision = call("HINCRBY", SCHEDULES.meta, "revision", 1)
  local old_task = call("HGET", SCHEDULES.tasks, name)
  local runs = read_runs(call("HGET", SCHEDULES.runs, name))
  if old_task and old_task ~= task then
    call("ZREM", SCHEDULES.slots .. old_task, name)
    runs.job = ""
  end
  runs.next = tonumber(next_slot) or 0
  call("HSET", SCHEDULES.records, name, pack("<I6", revision) .. record)
  call("HSET", SCHEDULES.tasks, name, task)
  call("ZADD", SCHEDULES.names, 0, name)
  write_runs(schedules, name, task, runs)
  written = true
  return revision
end

local reply = {}
for at = items, #ARGV, 5 do
  local name = ARGV[at]
  local is_expected = revision_of(call("HGET", SCHEDULES.records, name)) == tonumber(ARGV[at + 1])
  reply[#reply + 1] = is_expected and write(name, ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]) or 0
end
if written then call("PUBLISH", SCHEDULES.changed, "") end
return reply
