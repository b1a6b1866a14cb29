-- Reads what is collected under some keys.
-- @arg key text "" for any
-- @arg limit number of keys
-- @arg jobs number to read of each
-- @returns readonly (readonly [key: Buffer, count: number, dueUs: Buffer, firstAt: Buffer, parts: Buffer[]])[]
-- @oom allowed
-- @include lib/snapshot.lua
-- @key collect
-- @key collects
local function some_keys()
  if key ~= "" then return { key } end
  local keys, seen, cursor = {}, {}, "0"
  repeat
    local page = call("HSCAN", KEY.collects, cursor, "COUNT", 1000)
    cursor = page[1]
    for index = 1, #page[2], 2 do
      local name = page[2][index]
      if not seen[name] and #keys < limit then
        seen[name] = true
        keys[#keys + 1] = name
      end
    end
  until cursor == "0" or #keys >= limit
  return keys
end

local reply = {}
for _, name in ipairs(some_keys()) do
  local due, first = string.match(call("HGET", KEY.collects, name) or "", "(%d+):(%d+)")
  if due then
    local ids = jobs > 0 and call("ZRANGE", KEY.collect .. name, 0, jobs - 1) or {}
    reply[#reply + 1] = { name, call("ZCARD", KEY.collect .. name), due, first, snapshots(ids) }
  end
end
return reply
