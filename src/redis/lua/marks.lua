-- The releases that were told of, with when that was first, in turns.
-- @returns Buffer[]
-- @oom allowed
-- @include lib/clock.lua
-- @key releases
return call("ZRANGE", KEY.releases, 0, -1, "WITHSCORES")
