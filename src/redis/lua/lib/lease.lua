-- @include lib/waiting.lua
-- @key active
-- @key leases
-- @key held
-- Leases: one entry per worker, and how many jobs each holds. A lease that holds nothing is not extended
-- and disappears when it is past.
local MOST_READ_AT_ONCE = 5000

-- Returns how many jobs the lease holds now.
local function hold(lease, change)
  if change == 0 then return tonumber(call("HGET", KEY.held, lease) or "0") end
  local count = call("HINCRBY", KEY.held, lease, change)
  if count <= 0 then call("HDEL", KEY.held, lease) end
  return count
end

-- A lease that is new is told to one waiter, who then knows when to look after it.
local function extend_lease(lease, lease_ms, change)
  local held = hold(lease, change)
  if held <= 0 then return end
  if call("ZADD", KEY.leases, as_text(now + lease_ms), lease) == 1 then wake_one() end
end

local function each_claim(visit)
  local cursor = "0"
  repeat
    local page = call("HSCAN", KEY.active, cursor, "COUNT", 1000)
    cursor = page[1]
    for index = 1, #page[2], 2 do visit(page[2][index], page[2][index + 1]) end
  until cursor == "0"
end

-- Claims of a lease, lowest fence first. Walks over all active jobs: for what goes wrong, not for each job.
local function claims_of(lease)
  local found, seen = {}, {}
  each_claim(function(id, claim)
    if sub(claim, CLAIM_BYTES + 1) == lease and not seen[id] then
      seen[id] = true
      found[#found + 1] = { id = id, claim = claim, fence = unpack_struct("<I6", claim) }
    end
  end)
  table.sort(found, function(left, right) return left.fence < right.fence end)
  return found
end
