-- Stores a schedule that has left another task. Doing it again changes nothing.
-- @arg changed text channel on which changes are told
-- @arg name text
-- @arg above number the last revision it had
-- @arg claim text its number
-- @arg record text without its head
-- @arg next_slot text "" or ms
-- @arg runs_before text as they were in the other task
-- @returns number
-- @include lib/schedule-record.lua
-- @key scheduleArrivals
-- Reply: its revision, 0 when it was there before and is gone.
local DAY_MS = 86400000
local stored = call("HGET", KEY.scheduleRecords, name)
if stored or call("HEXISTS", KEY.scheduleArrivals, claim) == 1 then return revision_of(stored) end
call("HSET", KEY.scheduleArrivals, claim, "")
call("PEXPIRE", KEY.scheduleArrivals, DAY_MS)
local runs = unpack_runs(runs_before)
runs.next, runs.job = tonumber(next_slot) or 0, ""
local revision = next_revision(above)
store_schedule(name, revision, record)
write_runs(name, runs)
call("PUBLISH", changed, "")
return revision
