-- @key prioritized
-- @key tombstones
-- @key ring
-- @key batches
-- @key suspects
-- @key lost
-- @key delayed
-- @key retrying
-- @key ttl
-- @key timers
-- @key paused
-- @key newer
-- @key heard
-- Whether the list alone decides what is next, nothing is due, the lease cannot be lost and nobody listens to events.
local function is_plain_task()
  return call("EXISTS", KEY.heard, KEY.delayed, KEY.retrying, KEY.ttl, KEY.timers, KEY.prioritized, KEY.tombstones, KEY.ring,
    KEY.batches, KEY.lost, KEY.paused, KEY.suspects, KEY.newer) == 0
end
