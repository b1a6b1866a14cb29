-- Forgets schedules of one task.
-- @arg changed text channel on which changes are told
-- @arg items text... name
-- @returns number[]
-- @oom allowed
-- @include lib/free-writes.lua
-- @include lib/schedule-record.lua
-- @key scheduleMoves
-- Reply: the last revision of each, 0 where there is none, -1 where it is moving to another task.
local function remove(name)
  if call("HEXISTS", KEY.scheduleMoves, name) == 1 then return -1 end
  local stored = call("HGET", KEY.scheduleRecords, name)
  if not stored then return 0 end
  call("HDEL", KEY.scheduleRecords, name)
  call("HDEL", KEY.scheduleRuns, name)
  call("ZREM", KEY.scheduleSlots, name)
  return math.max(1, revision_of(stored))
end

free_writes()
local removed = false
local reply = {}
for at = items, #ARGV do
  reply[#reply + 1] = remove(ARGV[at])
  removed = removed or reply[#reply] > 0
end
if removed then call("PUBLISH", changed, "") end
return reply
