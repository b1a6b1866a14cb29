-- Makes sure that a task has no schedule of a name, and gets none by a claim older than a new one.
-- @arg name text
-- @arg claim number the new one
-- @returns readonly [isFree: number, lastRevision: number]
-- @oom allowed
-- @include lib/free-writes.lua
-- @include lib/schedule-record.lua
-- @key scheduleMoves
local stored = call("HEXISTS", KEY.scheduleRecords, name) + call("HEXISTS", KEY.scheduleMoves, name)
if stored > 0 then return { 0, 0 } end
free_writes()
if claim > number_in_meta("schedule-claims") then call("HSET", KEY.meta, "schedule-claims", as_text(claim)) end
return { 1, number_in_meta("schedules") }
