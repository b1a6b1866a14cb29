-- Takes waiting jobs for a lease.
-- @arg lease text
-- @arg lease_ms number
-- @arg count number at most 1 000
-- @arg seen number highest fence the caller knows of this lease, when the call is repeated; else -1
-- @arg left number always 0: nothing was ended before
-- @arg version number newest version of jobs that its worker runs
-- @returns readonly [claim: readonly [lost: number, nextDueInMs: number, fence: number, ids: Buffer | Buffer[], records: Buffer[], recovered: Buffer[], unseen: number, hasSuspects?: number], putOut: Buffer[]]
-- @include lib/take.lua
if noticed then publish_notices() end
return { reply, put_out }
