-- Remembers when a release was told of first.
-- @arg release text
-- @arg most number releases that are remembered
-- @returns number
-- @include lib/clock.lua
-- @key releases
call("ZADD", KEY.releases, "NX", as_text(now), release)
return call("ZREMRANGEBYRANK", KEY.releases, 0, -most - 1)
