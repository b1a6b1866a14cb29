-- One page of schedules in the order of names.
-- @arg after text "" or the last name of the page before
-- @arg limit number
-- @returns readonly [now: number, parts: Buffer[]]
-- @oom allowed
-- @include lib/schedule-parts.lua
local schedules = KEYS[1]
local from = after == "" and "-" or "(" .. after
local names = call("ZRANGE", SCHEDULES.names, from, "+", "BYLEX", "LIMIT", 0, limit)
return { now, schedule_parts(schedules, names) }
