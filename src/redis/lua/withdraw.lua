-- Forgets what a worker said.
-- @arg worker text
-- @returns number
-- @oom allowed
-- @include lib/clock.lua
-- @key announced
-- @key announcements
call("HDEL", KEY.announcements, worker)
return call("ZREM", KEY.announced, worker)
