-- @include lib/record.lua
-- @include lib/wake-next.lua
-- @key delayed
-- @key ttl
-- How new jobs are read from the arguments: id, body, priority, due, TTL in ms or "", discard or "".
local due_ids, ttl_ids = {}, {}

-- µs at which a job may run, nil for at once. Due: "", "+ms" from now or "@ms" since the epoch.
local function due_at(text)
  local amount = tonumber(sub(text, 2))
  if not amount then return nil end
  local due = amount * 1000
  if sub(text, 1, 1) == "+" then due = due + now_us end
  if due <= now_us then return nil end
  return due
end

-- What a TTL makes of a new record: its flags and its tail.
local function expiry_parts(at)
  local ttl, flags, tail = ARGV[at + 4], 0, ""
  if ttl ~= "" then flags, tail = FLAG.ttl, section(SECTION.ttl, ttl) end
  if ARGV[at + 5] ~= "" then flags = flags + FLAG.discard end
  return flags, tail
end

-- The time of expiry of a job that is to be discarded is half a ms less than it is.
local function expiry_score(expires, is_discarded)
  return string.format("%.1f", is_discarded and expires - 0.5 or expires)
end

-- Somebody must learn of an added job that is now the next to be due or to expire.
local function wake_for_added()
  if next(due_ids) then wake_when_next(KEY.delayed, due_ids) end
  if next(ttl_ids) then wake_when_next(KEY.ttl, ttl_ids) end
end
