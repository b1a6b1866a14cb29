-- Takes waiting jobs of a task whose jobs are all plain.
-- @arg lease text
-- @arg lease_ms number
-- @arg count number at most 1 000
-- @returns readonly [claim?: readonly [lost: number, nextDueInMs: number, fence: number, ids: Buffer | Buffer[], records: Buffer[], recovered: Buffer[], unseen: number, now: number]]
-- @first lib/claim-one.lua
-- @include lib/take-plain.lua
-- Reply: nothing where `claim` must look.
local reply = take_plain(count, 0, popped)
return { reply }
