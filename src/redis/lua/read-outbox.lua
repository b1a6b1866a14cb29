-- Reads entries of a task's outbox that were too large for the reply that told of them.
-- @arg items text... id
-- @returns (Buffer | null)[]
-- @include lib/clock.lua
-- @key outbox
return call("HMGET", KEY.outbox, unpack(ARGV, items))
