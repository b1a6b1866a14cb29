-- The kinds of errors of a task on one day.
-- @arg from number ms: of the day of this time and later
-- @arg kept number ms
-- @returns readonly [next: number, fields: Buffer[]]
-- @oom allowed
-- @include lib/clock.lua
-- @key errors
-- Reply: from where the next day goes on, -1 when there is none; fields as `record` writes them, with their values.
local DAY_MS = 86400000
local day = math.max(math.floor(from / DAY_MS), math.floor((now - kept) / DAY_MS))
local is_over = day >= math.floor(now / DAY_MS)
return { is_over and -1 or (day + 1) * DAY_MS, call("HGETALL", KEY.errors .. as_text(day)) }
