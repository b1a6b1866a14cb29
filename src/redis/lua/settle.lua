-- Ends claims and takes the next jobs.
-- @arg lease text
-- @arg lease_ms number
-- @arg count number jobs to take, at most 1 000
-- @arg seen number as in claim
-- @arg version number as in claim
-- @arg keep_completed number
-- @arg keep_failed number
-- @arg keep_cancelled number
-- @arg items text... runs of like settlements: event ("" completes without a result), how many, fence of the first (the next have the next), ids of one length joined; then, unless the event is "", data of each (result with its letter, error, delay:error, reason or delay)
-- @returns readonly [statuses: Buffer, claim: readonly [lost: number, nextDueInMs: number, fence: number, ids: Buffer | Buffer[], records: Buffer[], recovered: Buffer[], unseen: number, hasSuspects?: number], putOut: Buffer[]]
-- @include lib/settle-batch.lua
-- @include lib/take.lua
if has_finished then trim_touched() end
if noticed then publish_notices() end
return { answer, reply, put_out }
