-- Counts the jobs of each state.
-- @returns readonly [waiting: number, delayed: number, active: number, completed: number, failed: number, retrying: number, cancelled: number, expired: number, pausedAt: Buffer | null, moreOverdue: number]
-- @oom allowed
-- @include lib/due.lua
-- @key active
-- @key completed
-- @key failed
-- @key cancelled
-- @key expired
-- @key paused
local more_overdue = expire_first()
if noticed then publish_notices() end
return {
  waiting_count(), call("ZCARD", KEY.delayed), call("HLEN", KEY.active), call("LLEN", KEY.completed),
  call("ZCARD", KEY.failed), call("ZCARD", KEY.retrying), call("ZCARD", KEY.cancelled),
  call("ZCARD", KEY.expired), call("GET", KEY.paused), more_overdue and 1 or 0,
}
