-- @include lib/wake.lua
-- @key leases
-- Leases: one entry per worker. What it holds the claims say. One that took nothing may hold nothing: its entry is not made
-- anew, and goes when it is past.
-- A lease that is new is told to one waiter, who then knows when to look after it. Returns whether it is.
local function extend_lease(lease, lease_ms, taken)
  if taken == 0 then
    call("ZADD", KEY.leases, "XX", as_text(now + lease_ms), lease)
    return false
  end
  local is_new = call("ZADD", KEY.leases, as_text(now + lease_ms), lease) == 1
  if is_new then wake_one() end
  return is_new
end
