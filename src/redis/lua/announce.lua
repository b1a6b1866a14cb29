-- Keeps what a worker says it implements, and forgets those whose time is past.
-- @arg worker text
-- @arg ttl_ms number
-- @arg age_ms number how long ago it began
-- @arg said text JSON; "" prolongs what was said before
-- @returns number
-- Reply: 0 when there is nothing to prolong.
-- @oom allowed
-- @include lib/clock.lua
-- @key announced
-- @key announcements
local MOST_FORGOTTEN = 100
local past = call("ZRANGE", KEY.announced, "-inf", as_text(now), "BYSCORE", "LIMIT", 0, MOST_FORGOTTEN)
if #past > 0 then
  call("ZREM", KEY.announced, unpack(past))
  call("HDEL", KEY.announcements, unpack(past))
end
if said == "" and not call("ZSCORE", KEY.announced, worker) then return 0 end
call("ZADD", KEY.announced, as_text(now + ttl_ms), worker)
if said ~= "" then call("HSET", KEY.announcements, worker, as_text(now - age_ms) .. ":" .. said) end
return 1
