-- Takes a schedule out of its task, on its way to another one: it fires no more, and whoever meets it carries on.
-- @arg name text
-- @arg expected number the revision this replaces
-- @arg claim number the number of the move
-- @arg destination text task
-- @arg record text without its head
-- @arg next_slot text "" or ms
-- @returns number
-- @include lib/schedule-record.lua
-- @key scheduleMoves
-- Reply: 1, or 0 where another revision is stored.
if revision_of(call("HGET", KEY.scheduleRecords, name)) ~= expected then return 0 end
local above = math.max(expected, number_in_meta("schedules"))
call("HSET", KEY.scheduleMoves, name,
  pack("<I6I6I6H", above, claim, tonumber(next_slot) or 0, #destination) .. destination .. record)
call("HDEL", KEY.scheduleRecords, name)
call("ZREM", KEY.scheduleSlots, name)
return 1
