-- Reads schedules of one task by name.
-- @arg items text... name
-- @returns Buffer[]
-- @oom allowed
-- @include lib/clock.lua
-- @key scheduleRecords
-- @key scheduleRuns
-- @key scheduleMoves
-- Reply, three parts each: record, runs, where it moves to; "" where there is none.
local records = call("HMGET", KEY.scheduleRecords, unpack(ARGV))
local runs = call("HMGET", KEY.scheduleRuns, unpack(ARGV))
local moves = call("HMGET", KEY.scheduleMoves, unpack(ARGV))
local parts = {}
for index = items, #ARGV do
  local at = (index - 1) * 3
  parts[at + 1] = records[index] or ""
  parts[at + 2] = runs[index] or ""
  parts[at + 3] = moves[index] or ""
end
return parts
