-- Reads jobs by id.
-- @arg items text... id
-- @returns Buffer[]
-- @oom allowed
-- @include lib/snapshot.lua
-- Reply: 7 parts per id (id, state, record, claim, due, expiry, progress).
expire_due(1000)
local ids = {}
for at = items, #ARGV do ids[#ids + 1] = ARGV[at] end
local parts = snapshots(ids)
publish_notices()
return parts
