-- @include lib/waiting-count.lua
-- @key ring
-- @key batches
-- @key suspects
-- Whether a claim would find something, or groups to clear away.
local function has_next()
  return queue_length() > 0 or call("EXISTS", KEY.ring, KEY.batches) > 0
end

local function has_suspects()
  return call("EXISTS", KEY.suspects) == 1
end
