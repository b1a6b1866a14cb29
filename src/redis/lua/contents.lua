-- Looks at a stretch of what is stored of a task for what cannot be true.
-- @arg from number place, 1 is the first
-- @arg cursor text "0" at the beginning of a place
-- @arg seen number entries of that place before
-- @arg limit number
-- @arg most number entries of each place
-- @returns readonly [next: number, cursor: Buffer, seen: number, looked: number, passed: Buffer[], faults: Buffer[]]
-- @include lib/contents.lua
-- Reply: where to go on, 0: that was all; how many entries were looked at; places that have more than are looked at; of each
-- fault kind, place and id.
local faults, passed, looked = {}, {}, 0

local function look(place, id, value)
  local kind = fault_at(place, id, value)
  if kind then
    for _, part in ipairs({ kind, name_of(place), id }) do faults[#faults + 1] = part end
  end
end

-- Values may be large, and a scan would read them: names are read all at once, where they are few.
local MOST_NAMES = 2000
local function look_at_names(place)
  if call("HLEN", place.key) > MOST_NAMES then
    passed[#passed + 1] = name_of(place)
    return 0
  end
  local ids = call("HKEYS", place.key)
  for _, id in ipairs(ids) do look(place, id) end
  return #ids
end

-- Of a set and of a list the cursor is a rank: what leaves meanwhile moves others past it, and they are not seen this time.
local function stretch_of(place, count)
  if place.form == "names" then return "0", look_at_names(place) end
  if place.form == nil then
    local scanned = call("HSCAN", place.key, cursor, "COUNT", count)
    for index = 1, #scanned[2], 2 do look(place, scanned[2][index], scanned[2][index + 1]) end
    return scanned[1], #scanned[2] / 2
  end
  local first = tonumber(cursor)
  -- One more says whether that is all.
  local ids = call(place.form == "list" and "LRANGE" or "ZRANGE", place.key, first, first + count)
  local has_more = table.remove(ids, count + 1) ~= nil
  for _, id in ipairs(ids) do look(place, id) end
  return has_more and as_text(first + count) or "0", #ids
end

local at = from
while at <= #PLACES and looked < limit do
  local place = PLACES[at]
  local next_cursor, count = stretch_of(place, math.min(limit - looked, most))
  looked = looked + count
  seen = seen + count
  local is_over = next_cursor == "0"
  if not is_over and seen >= most then passed[#passed + 1] = name_of(place) end
  if is_over or seen >= most then
    at, cursor, seen = at + 1, "0", 0
  else
    cursor = next_cursor
  end
end
return { at > #PLACES and 0 or at, cursor, seen, looked, passed, faults }
