-- Forgets a schedule that has arrived in another task.
-- @arg name text
-- @arg claim number the number of the move
-- @returns number
-- @oom allowed
-- @include lib/record.lua
-- @key scheduleMoves
-- @key scheduleRuns
local move = call("HGET", KEY.scheduleMoves, name)
if not move or unpack_struct("<I6", move, 7) ~= claim then return 0 end
call("HDEL", KEY.scheduleMoves, name)
call("HDEL", KEY.scheduleRuns, name)
return 1
