-- Extends a lease and says which of its jobs should be cancelled.
-- @arg lease text
-- @arg lease_ms number
-- @arg has_held number 1 when the holder says what it holds
-- @arg held text... id and fence of each claim the holder knows of; the lease's other jobs are given back
-- @returns readonly [lost: number, cancelled: Buffer[], unknown: number]
-- @oom allowed
-- @include lib/settle-special.lua
-- @include lib/claims.lua
-- @include lib/lease.lua
-- @key active
-- @key jobs
-- @key lost
-- @key cancels
local function asked_cancels()
  local asked = {}
  if call("EXISTS", KEY.cancels) == 0 then return asked end
  local reasons = call("HGETALL", KEY.cancels)
  for index = 1, #reasons, 2 do
    local claim = call("HGET", KEY.active, reasons[index])
    if claim and byte(claim, CLAIM_BYTES) == CLAIM.cancel and holder_of(claim) == lease then
      asked[#asked + 1] = reasons[index]
      asked[#asked + 1] = reasons[index + 1]
    end
  end
  return asked
end

local function give_back(claim)
  call("HDEL", KEY.active, claim.id)
  local job = read_record(claim.id, call("HGET", KEY.jobs, claim.id) or "", claim.claim)
  settle_special(job, EVENT.release, "", section(SECTION.worker, lease))
end

-- Jobs that were claimed in a call whose answer was lost: nobody runs them. Where there are no more active jobs than their
-- holder says, they are not walked over. The last claimed go first, since all go to the front.
-- Returns how many are left.
local MOST_GIVEN_BACK = 60
local function give_back_unknown()
  local known, ours = {}, 0
  for at = held, #ARGV, 2 do
    local claim = call("HGET", KEY.active, ARGV[at])
    if claim and holder_of(claim) == lease and unpack_struct("<I6", claim) == tonumber(ARGV[at + 1]) then
      if not known[ARGV[at]] then ours = ours + 1 end
      known[ARGV[at]] = true
    end
  end
  if call("HLEN", KEY.active) <= ours then return 0 end
  local unknown = {}
  for _, claim in ipairs(claims_of(lease)) do
    if not known[claim.id] then unknown[#unknown + 1] = claim end
  end
  local left = math.max(0, #unknown - MOST_GIVEN_BACK)
  for index = #unknown, left + 1, -1 do give_back(unknown[index]) end
  enter_released()
  return left
end

if call("ZSCORE", KEY.lost, lease) then return { 1, {}, 0 } end
local left = has_held == 1 and give_back_unknown() or 0
extend_lease(lease, lease_ms, 0)
if noticed then publish_notices() end
return { 0, left > 0 and {} or asked_cancels(), left }
