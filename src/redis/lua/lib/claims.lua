-- @include lib/holder.lua
-- @key active
-- Walks over all active jobs: for what goes wrong, not for each job.
local function each_claim(visit)
  local cursor = "0"
  repeat
    local page = call("HSCAN", KEY.active, cursor, "COUNT", 1000)
    cursor = page[1]
    for index = 1, #page[2], 2 do visit(page[2][index], page[2][index + 1]) end
  until cursor == "0"
end

-- Claims of a lease, lowest fence first.
local function claims_of(lease)
  local found, seen = {}, {}
  each_claim(function(id, claim)
    if holder_of(claim) == lease and not seen[id] then
      seen[id] = true
      found[#found + 1] = { id = id, claim = claim, fence = unpack_struct("<I6", claim) }
    end
  end)
  table.sort(found, function(left, right) return left.fence < right.fence end)
  return found
end
