-- Forgets schedules.
-- @arg items text... name
-- @returns number[]
-- @oom allowed
-- @include lib/clock.lua
-- Reply: 1 for each that was there.
local schedules = KEYS[1]
local removed = 0
local reply = {}
for at = items, #ARGV do
  local name = ARGV[at]
  local task = call("HGET", SCHEDULES.tasks, name)
  if task then call("ZREM", SCHEDULES.slots .. task, name) end
  reply[#reply + 1] = call("HDEL", SCHEDULES.records, name)
  removed = removed + reply[#reply]
  call("HDEL", SCHEDULES.tasks, name)
  call("HDEL", SCHEDULES.runs, name)
  call("ZREM", SCHEDULES.names, name)
end
if removed > 0 then call("PUBLISH", SCHEDULES.changed, "") end
return reply
