-- Reads jobs by id.
-- @arg items text... id
-- @returns Buffer[]
-- @include lib/snapshot.lua
-- Reply: 8 parts per id (id, state, record, claim, due, expiry, progress, group).
local ids = {}
for at = items, #ARGV do ids[#ids + 1] = ARGV[at] end
return snapshots(ids)
