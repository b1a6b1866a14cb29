-- Looks at single entries of a task again.
-- @arg items text... place and id, in turns
-- @returns Buffer[]
-- @include lib/contents.lua
-- Reply: of each the kind of its fault, "" where there is none, or where the entry has gone.
local places = {}
for _, place in ipairs(PLACES) do places[name_of(place)] = place end

local function value_of(place, id)
  if place.form == nil then return call("HGET", place.key, id) end
  if place.form == "names" then return call("HEXISTS", place.key, id) == 1 end
  if place.form == "list" then return call("LPOS", place.key, id) end
  return call("ZSCORE", place.key, id)
end

local kinds = {}
for at = items, #ARGV, 2 do
  local place, id = places[ARGV[at]], ARGV[at + 1]
  local value = place and value_of(place, id)
  if place then place.is_exact = true end
  kinds[#kinds + 1] = value and fault_at(place, id, value) or ""
end
return kinds
