-- Keeps what a worker is told to do, until it is gone.
-- @arg worker text
-- @arg command text
-- @returns number
-- @oom allowed
-- @include lib/past-workers.lua
-- @key announced
-- @key commands
-- Reply: the number of the command, 0 when there is no such worker.
forget_past()
if not call("ZSCORE", KEY.announced, worker) then return 0 end
local before = tonumber(string.match(call("HGET", KEY.commands, worker) or "0", "^%d+"))
local number = math.max(now, before + 1)
call("HSET", KEY.commands, worker, as_text(number) .. " " .. command)
return number
