-- @include lib/clock.lua
-- @key waiting
-- @key prioritized
-- @key ring
-- @key batches
-- @key suspects
-- @key delayed
-- @key retrying
-- @key ttl
-- @key timers
-- @key leases
-- @key meta
-- @key paused
-- @key newer
-- @key outbox
-- ms until a task has something due: 0 when it needs a sweep, -1 when nothing is due ever. `is_own`: the caller works on it,
-- so that it needs one also while jobs wait in it.
local function first_score(key)
  local first = call("ZRANGE", key, 0, 0, "WITHSCORES")
  return first[2] and tonumber(first[2]) or math.huge
end

local function due_in(is_own)
  if is_own and call("EXISTS", KEY.waiting, KEY.prioritized, KEY.ring, KEY.batches, KEY.suspects, KEY.newer) > 0 and call("EXISTS", KEY.paused) == 0 then
    return 0
  end
  if call("EXISTS", KEY.outbox) == 1 then return 0 end
  if call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.timers, KEY.leases) == 0 then return -1 end
  if call("HGET", KEY.meta, "scan") then return 0 end
  local due = math.min(first_score(KEY.delayed) / 1000, first_score(KEY.retrying) / 1000,
    first_score(KEY.timers) / 1000, math.ceil(first_score(KEY.ttl)), first_score(KEY.leases))
  if due == math.huge then return -1 end
  return math.max(0, math.ceil(due - now_us / 1000))
end
