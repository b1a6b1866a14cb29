-- Reads what is collected under a key, or one page of the keys.
-- @arg key text "" for any
-- @arg cursor text "0", or where the last page ended
-- @arg jobs number to read of each
-- @returns readonly [cursor: Buffer, found: readonly (readonly [key: Buffer, count: number, dueUs: Buffer, firstAt: Buffer, parts: Buffer[]])[]]
-- @include lib/snapshot.lua
-- @key collect
-- @key collects
-- Reply: a page may repeat a key of one before; the cursor is "0" on the last.
local PAGE = 200
local any_overdue = has_overdue()

-- How many of the jobs collected under a key are overdue.
local function overdue_of(key)
  if not any_overdue then return 0 end
  local late, both = 0, call("ZINTER", 2, KEY.ttl, key, "WEIGHTS", 1, 0, "WITHSCORES")
  for index = 2, #both, 2 do
    if tonumber(both[index]) <= now then late = late + 1 end
  end
  return late
end

local names, next_cursor = { key }, "0"
if key == "" then
  local page = call("HSCAN", KEY.collects, cursor, "COUNT", PAGE)
  names, next_cursor = {}, page[1]
  for index = 1, #page[2], 2 do names[#names + 1] = page[2][index] end
end

local found = {}
for _, name in ipairs(names) do
  local due, first = string.match(call("HGET", KEY.collects, name) or "", "(%d+):(%d+)")
  if due then
    local late = overdue_of(KEY.collect .. name)
    local count = call("ZCARD", KEY.collect .. name) - late
    if count > 0 then
      local ids = jobs > 0 and in_time(call("ZRANGE", KEY.collect .. name, 0, math.min(jobs + late, 7000) - 1)) or {}
      found[#found + 1] = { name, count, due, first, snapshots({ unpack(ids, 1, jobs) }) }
    end
  end
end
return { next_cursor, found }
