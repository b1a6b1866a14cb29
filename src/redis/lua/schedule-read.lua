-- Reads schedules by name.
-- @arg items text... name
-- @returns readonly [now: number, parts: Buffer[]]
-- @oom allowed
-- @include lib/schedule-parts.lua
local schedules = KEYS[1]
local names = {}
for at = items, #ARGV do names[#names + 1] = ARGV[at] end
return { now, schedule_parts(schedules, names) }
