-- Extends a lease and says which of its jobs should be cancelled.
-- @arg lease text
-- @arg lease_ms number
-- @returns readonly [lost: number, cancelled: Buffer[]]
-- @oom allowed
-- @include lib/lease.lua
-- @key lost
-- @key cancels
if call("ZSCORE", KEY.lost, lease) then return { 1, {} } end
if hold(lease, 0) == 0 then return { 0, {} } end
call("ZADD", KEY.leases, as_text(now + lease_ms), lease)
local asked = {}
if call("EXISTS", KEY.cancels) == 1 then
  local reasons = call("HGETALL", KEY.cancels)
  for index = 1, #reasons, 2 do
    local claim = call("HGET", KEY.active, reasons[index])
    if claim and sub(claim, CLAIM_BYTES + 1) == lease then
      asked[#asked + 1] = reasons[index]
      asked[#asked + 1] = reasons[index + 1]
    end
  end
end
return { 0, asked }
