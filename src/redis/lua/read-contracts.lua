-- Reads the schemas of contracts of a task.
-- @arg items text... fingerprints
-- @returns (Buffer | null)[]
-- @key contracts
-- @include lib/clock.lua
return call("HMGET", KEY.contracts, unpack(ARGV, items))
