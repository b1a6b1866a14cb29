-- @include lib/wake.lua
-- @include lib/plain-task.lua
-- @key jobs
-- @key waiting
-- @key active
-- @key leases
-- @key meta
-- The only job that waits, and a plain one: the usual claim at low load. Redis is cold then, and making the functions that any
-- other claim needs would cost more than all that this one does.
if not is_plain_task() then return {} end
-- Of what has left the list here the functions below go on.
local popped = call("LPOP", KEY.waiting, math.min(count, 100)) or {}
if #popped == 1 and count > 1 then
  local id = popped[1]
  local raw = call("HGET", KEY.jobs, id)
  local head = raw and #raw >= HEAD_BYTES and sub(raw, 1, 4)
  if head == STATE.waiting .. "\0\0\0" or head == STATE.waiting .. char(FLAG.watched, 0, 0) then
    local fence = call("HINCRBY", KEY.meta, "fence", 1)
    -- Behind the body stands nothing, or who wants the outcome.
    local watchers = sub(raw, HEAD_BYTES + 1 + unpack_struct("<I4", raw, HEAD_BYTES - 3))
    call("HSET", KEY.active, id, pack("<I6I6B", fence, now, CLAIM.plain) .. lease .. watchers)
    local next_end = -1
    if call("ZADD", KEY.leases, now + lease_ms, lease) == 1 then
      wake_one()
      next_end = math.max(0, call("ZRANGE", KEY.leases, 0, 0, "WITHSCORES")[2] - now)
    end
    return { { 0, next_end, fence, id, { raw }, {}, 0, now } }
  end
end
