-- Says which tasks hold the names of schedules. The root is that of their names.
-- @arg items text... name
-- @returns readonly [now: number, claims: (Buffer | null)[]]
-- @oom allowed
-- @include lib/clock.lua
-- @key scheduleTasks
if items > #ARGV then return { now, {} } end
return { now, call("HMGET", KEY.scheduleTasks, unpack(ARGV)) }
