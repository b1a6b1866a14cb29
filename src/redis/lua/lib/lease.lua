-- @include lib/wake.lua
-- @key leases
-- @key held
-- Leases: one entry per worker, and how many jobs each holds. A lease that holds nothing is not extended and disappears when
-- it is past.
-- Returns how many jobs the lease holds now.
local function hold(lease, change)
  if change == 0 then return tonumber(call("HGET", KEY.held, lease) or "0") end
  local count = call("HINCRBY", KEY.held, lease, change)
  if count <= 0 then call("HDEL", KEY.held, lease) end
  return count
end

-- A lease that is new is told to one waiter, who then knows when to look after it. Returns whether it is.
local function extend_lease(lease, lease_ms, taken, left)
  if (taken == 0 or taken ~= left) and hold(lease, taken - left) <= 0 then return false end
  local is_new = call("ZADD", KEY.leases, as_text(now + lease_ms), lease) == 1
  if is_new then wake_one() end
  return is_new
end
