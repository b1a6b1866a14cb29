-- @include lib/clock.lua
-- @include lib/notice.lua
-- @include lib/plain-task.lua
-- @include lib/outcomes-channel.lua
-- @include lib/excess.lua
-- @key active
-- @key done
-- @key completed
-- One completion of a plain job whose result at most one process awaits, and nothing to take: the usual call at low load. Redis
-- is cold then, and making the functions that any other call needs would cost more than all that this one does.
local MOST_TOLD = 65536
-- The reply of a call that is done but for dropping so many completed jobs.
local ended, excess
if lease_ms == 0 and is_heard() or lease_ms > 0 and not is_plain_task() then return {} end
if lease_ms == 0 and keep > 0 and #ARGV == items + 4 then
  local id, data = ARGV[items + 3], ARGV[items + 4]
  local claim = call("HGET", KEY.active, id)
  local behind = CLAIM_BYTES + #lease
  local is_mine = claim and unpack_struct("<I6", claim) == tonumber(ARGV[items + 2])
    and sub(claim, CLAIM_BYTES, behind) == char(CLAIM.plain) .. lease
  -- Behind the lease nothing, or a byte 0 and who wants the outcome.
  local watcher = is_mine and sub(claim, behind + 2)
  if is_mine and (#claim == behind or byte(claim, behind + 1) == 0)
    and (watcher == "" or #data <= MOST_TOLD and not string.find(watcher, " ", 1, true)) then
    call("HDEL", KEY.active, id)
    call("HSET", KEY.done, id, sub(claim, 7, 12) .. pack("<I6", now) .. SECTION.worker .. pack("<I4", #lease) .. lease .. data)
    excess = excess_of(call("RPUSH", KEY.completed, id), keep)
    if watcher ~= "" then
      call("PUBLISH", channel_of(watcher), pack("<H", #root) .. root .. notice(STATE.completed, id, 1, data))
    end
    ended = { 1, {}, { 0, -1, 0, "", {}, {}, 0, now } }
    if excess == 0 then return ended end
  end
end
