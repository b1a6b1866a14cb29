-- Makes the announcement of a worker last longer, and says what the worker was told to do.
-- @arg worker text
-- @arg ttl_ms number
-- @arg vitals text JSON; "": what it said before stays
-- @returns readonly [workers: number, command: Buffer | null]
-- @oom allowed
-- @include lib/past-workers.lua
-- @key announced
-- @key seen
-- @key commands
-- Reply: how many workers live, 0 when there is nothing to prolong; the number of a command, a blank, the command.
forget_past()
if not call("ZSCORE", KEY.announced, worker) then return { 0, false } end
call("ZADD", KEY.announced, as_text(now + ttl_ms), worker)
call("HSET", KEY.seen, worker, as_text(now))
keep_vitals(worker, vitals)
return { call("ZCARD", KEY.announced), call("HGET", KEY.commands, worker) }
