-- Keeps what a worker says it implements, and forgets those whose time is past.
-- @arg worker text
-- @arg ttl_ms number
-- @arg age_ms number how long ago it began
-- @arg said text JSON
-- @arg vitals text JSON; "": it says nothing
-- @returns number
-- @oom allowed
-- @include lib/past-workers.lua
-- @key announced
-- @key announcements
-- @key seen
-- @key vitals
forget_past()
call("ZADD", KEY.announced, as_text(now + ttl_ms), worker)
call("HSET", KEY.announcements, worker, as_text(now - age_ms) .. ":" .. said)
call("HSET", KEY.seen, worker, as_text(now))
if vitals == "" then call("HDEL", KEY.vitals, worker) end
keep_vitals(worker, vitals)
return 1
