-- Reads jobs by id.
-- @arg items text... id
-- @returns Buffer[]
-- @oom allowed
-- @include lib/snapshot.lua
-- Reply: 7 parts per id (id, state, record, claim, due, expiry, progress).
local more_overdue = expire_first()
local ids = {}
for at = items, #ARGV do
  if more_overdue then expire_named(ARGV[at]) end
  ids[#ids + 1] = ARGV[at]
end
local parts = snapshots(ids)
if noticed then publish_notices() end
return parts
