-- @include lib/job.lua
-- @key ttl
-- Jobs whose TTL has passed and that no claim and no sweep has ended yet: readers see them as expired since then, or as
-- gone where they are to be discarded, see lib/job-arguments.lua.
local function is_discarded(score)
  return score % 1 ~= 0
end

-- Whether any job is overdue.
local function has_overdue()
  return #call("ZRANGE", KEY.ttl, "-inf", as_text(now), "BYSCORE", "LIMIT", 0, 1) > 0
end

-- The ids without those that are overdue.
local function in_time(ids)
  if #ids == 0 or not has_overdue() then return ids end
  local kept = {}
  for index, score in ipairs(call("ZMSCORE", KEY.ttl, unpack(ids))) do
    if not score or tonumber(score) > now then kept[#kept + 1] = ids[index] end
  end
  return kept
end

-- The record as it will be when somebody ends the job.
local function as_expired(raw, score)
  return TO.expire.expired .. sub(raw, 2, 19) .. pack("<I6", math.ceil(score)) .. sub(raw, HEAD_BYTES - 3)
end
