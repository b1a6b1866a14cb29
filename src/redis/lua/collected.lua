-- Reads what is collected under a key, or one page of the keys.
-- @arg key text "" for any
-- @arg cursor text "0", or where the last page ended
-- @arg jobs number to read of each
-- @returns readonly [cursor: Buffer, found: readonly (readonly [key: Buffer, count: number, dueUs: Buffer, firstAt: Buffer, parts: Buffer[]])[], moreOverdue: number]
-- @oom allowed
-- @oom allowed
-- @include lib/snapshot.lua
-- @key collect
-- @key collects
-- Reply: a page may repeat a key of one before; the cursor is "0" on the last.
local PAGE = 200
local more_overdue = expire_first()
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
    local ids = jobs > 0 and call("ZRANGE", KEY.collect .. name, 0, jobs - 1) or {}
    found[#found + 1] = { name, call("ZCARD", KEY.collect .. name), due, first, snapshots(ids) }
  end
end
if noticed then publish_notices() end
return { next_cursor, found, more_overdue and 1 or 0 }
