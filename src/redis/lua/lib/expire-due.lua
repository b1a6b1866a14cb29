-- @include lib/expire.lua
-- @key ttl
local MOST_EXPIRED = 50

-- Jobs whose TTL is past, which every script that changes jobs by hand starts with. Returns whether others may be left.
local function expire_due()
  local overdue = call("ZRANGE", KEY.ttl, "-inf", as_text(now), "BYSCORE", "LIMIT", 0, MOST_EXPIRED, "WITHSCORES")
  for index = 1, #overdue, 2 do
    local job = load_job(overdue[index])
    if job then expire_one(job, tonumber(overdue[index + 1])) else call("ZREM", KEY.ttl, overdue[index]) end
  end
  return #overdue / 2, #overdue / 2 == MOST_EXPIRED
end
