-- Ends claims and takes the next jobs.
-- @arg lease text
-- @arg lease_ms number
-- @arg count number jobs to take, at most 1 000
-- @arg seen number as in claim
-- @arg keep_completed number
-- @arg keep_failed number
-- @arg keep_cancelled number
-- @arg items text... id, fence, event, data (result with its letter, error, delay:error, reason or delay)
-- @returns readonly [statuses: Buffer, claim: readonly [lost: number, nextDueInMs: number, fence: number, claimed: Buffer[], recovered: Buffer[], unseen: number]]
-- @include lib/settle-batch.lua
-- @include lib/take.lua
-- @include lib/workflow.lua
if has_finished then trim_touched() end
if workflow_news then advance_workflows() end
if noticed then publish_notices() end
return { table.concat(statuses), reply }
