-- @include lib/each-claim.lua
-- Claims of a lease, lowest fence first.
local function claims_of(lease)
  local found, seen = {}, {}
  each_claim("0", math.huge, function(id, claim, holder)
    if holder == lease and not seen[id] then
      seen[id] = true
      found[#found + 1] = { id = id, claim = claim, fence = unpack_struct("<I6", claim) }
    end
  end)
  table.sort(found, function(left, right) return left.fence < right.fence end)
  return found
end
