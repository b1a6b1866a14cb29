-- Counts the jobs of each state.
-- @arg from number how many overdue jobs were looked at before
-- @returns readonly [waiting: number, delayed: number, active: number, completed: number, failed: number, retrying: number, cancelled: number, expired: number, pausedAt: Buffer | null, overdue: readonly [looked: number, delayed: number, discarded: number, isLast: number], next: number | null]
-- @include lib/waiting-count.lua
-- @include lib/overdue.lua
-- @include lib/places.lua
-- @key ring
-- @key batches
-- @key delayed
-- @key retrying
-- @key active
-- @key completed
-- @key failed
-- @key cancelled
-- @key expired
-- @key paused
-- Reply: jobs by the index they are in, of one stretch of the overdue ones how many were looked at, are delayed
-- instead of waiting and are to be discarded instead of expiring.
local MOST_LOOKED = 2000
local function count_overdue()
  local found = call("ZRANGE", KEY.ttl, "-inf", as_text(now), "BYSCORE", "LIMIT", from, MOST_LOOKED, "WITHSCORES")
  if #found == 0 then return { 0, 0, 0, 1 } end
  local ids, delayed, discarded = {}, 0, 0
  for index = 1, #found, 2 do
    ids[#ids + 1] = found[index]
    if is_discarded(tonumber(found[index + 1])) then discarded = discarded + 1 end
  end
  for _, due in ipairs(call("ZMSCORE", KEY.delayed, unpack(ids))) do
    if due then delayed = delayed + 1 end
  end
  return { #ids, delayed, discarded, #ids < MOST_LOOKED and 1 or 0 }
end

local function next_priority()
  local first = call("ZRANGE", KEY.prioritized, 0, 0, "WITHSCORES")
  local priority = first[2] and -math.floor(tonumber(first[2]) / BAND)
  if priority and priority > 0 then return priority end
  local has_common = call("LLEN", KEY.waiting) > tombstone_count()
  if has_common or call("EXISTS", KEY.ring, KEY.batches) > 0 then return 0 end
  return priority or false
end

return {
  waiting_count(), call("ZCARD", KEY.delayed), call("HLEN", KEY.active), call("LLEN", KEY.completed),
  call("ZCARD", KEY.failed), call("ZCARD", KEY.retrying), call("ZCARD", KEY.cancelled),
  call("ZCARD", KEY.expired), call("GET", KEY.paused), count_overdue(),
  next_priority(),
}
