-- Takes the wake of a task, so that nobody else does.
-- @arg version text "" or that of jobs which were put back
-- @returns number
-- @oom allowed
-- @include lib/clock.lua
-- @key wake
-- @key wakeVersion
-- Reply: 1, or 0 when there is none.
return #call("ZPOPMIN", version == "" and KEY.wake or KEY.wakeVersion .. version) > 0 and 1 or 0
