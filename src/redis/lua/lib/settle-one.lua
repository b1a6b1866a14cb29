-- @include lib/clock.lua
-- @include lib/notice.lua
-- @include lib/excess.lua
-- @key heard
-- @key active
-- @key done
-- @key completed
-- One completion of a plain job whose result at most one process awaits, and nothing to take: the usual call at low load. Redis
-- is cold then, and making the functions that any other call needs would cost more than all that this one does.
local MOST_TOLD = 65536
-- The reply of a call that is done but for dropping so many completed jobs.
local ended, excess
if lease_ms == 0 and call("EXISTS", KEY.heard) == 1 then return {} end
if lease_ms == 0 and keep > 0 and #ARGV == items + 4 then
  local id, data = ARGV[items + 3], ARGV[items + 4]
  local claim = call("HGET", KEY.active, id)
  local behind = CLAIM_BYTES + #lease
  local is_mine = claim and unpack_struct("<I6", claim) == tonumber(ARGV[items + 2])
    and sub(claim, CLAIM_BYTES, behind) == char(CLAIM.plain) .. lease
  -- Behind the lease stands nothing, or the section with the channels.
  local channel = is_mine and (#claim == behind or byte(claim, behind + 1) == 0) and sub(claim, behind + 6)
  if channel == "" or channel and #data <= MOST_TOLD and not string.find(channel, " ", 1, true) then
    call("HDEL", KEY.active, id)
    call("HSET", KEY.done, id, sub(claim, 7, 12) .. pack("<I6", now) .. SECTION.worker .. pack("<I4", #lease) .. lease .. data)
    excess = excess_of(call("RPUSH", KEY.completed, id), keep)
    if channel ~= "" then call("PUBLISH", channel, pack("<H", #root) .. root .. notice(STATE.completed, id, 1, data)) end
    ended = { 1, {}, { 0, -1, 0, "", {}, {}, 0, now } }
    if excess == 0 then return ended end
  end
end
