-- One page of names of schedules in order, each with its claim. The root is that of their names.
-- @arg after text "" or the last name of the page before
-- @arg limit number
-- @returns readonly [now: number, names: Buffer[], claims: (Buffer | null)[]]
-- @oom allowed
-- @include lib/clock.lua
-- @key scheduleNames
-- @key scheduleTasks
local from = after == "" and "-" or "(" .. after
local names = call("ZRANGE", KEY.scheduleNames, from, "+", "BYLEX", "LIMIT", 0, limit)
if #names == 0 then return { now, {}, {} } end
return { now, names, call("HMGET", KEY.scheduleTasks, unpack(names)) }
