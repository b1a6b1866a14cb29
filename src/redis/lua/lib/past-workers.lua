-- @include lib/clock.lua
-- @key announced
-- @key announcements
-- @key seen
-- @key vitals
-- @key commands
-- Forgets workers, each with all that is kept of it.
local function forget_workers(workers)
  call("ZREM", KEY.announced, unpack(workers))
  call("HDEL", KEY.announcements, unpack(workers))
  call("HDEL", KEY.seen, unpack(workers))
  call("HDEL", KEY.vitals, unpack(workers))
  call("HDEL", KEY.commands, unpack(workers))
end

-- Forgets those whose time is past, some of them.
local MOST_FORGOTTEN = 100
local function forget_past()
  local past = call("ZRANGE", KEY.announced, "-inf", as_text(now), "BYSCORE", "LIMIT", 0, MOST_FORGOTTEN)
  if #past > 0 then forget_workers(past) end
end

local function keep_vitals(worker, vitals)
  if vitals ~= "" then call("HSET", KEY.vitals, worker, as_text(now) .. ":" .. vitals) end
end
