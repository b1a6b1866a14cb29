-- Inserts first runs of plain steps into one task, and acknowledges what its outbox holds.
-- @arg delivered number how many entries of the outbox have been delivered
-- @arg late number of how many of them, the first, errands were made again
-- @arg items text... ids of entries, then texts with steps that `advance` has packed
-- @returns number
-- @include lib/carry-steps.lua
-- @include lib/publish-events.lua
acknowledge(items, items + delivered - 1, late)
insert_packed(items + delivered, #ARGV)
if noticed then publish_events() end
return 1
