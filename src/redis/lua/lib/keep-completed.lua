-- @include lib/forget.lua
-- @include lib/excess.lua
-- @key completed
-- @key meta
-- Adds jobs to those that have completed, of which so many may stay.
local MOST_DROPPED = 1000

local function drop_completed(excess)
  local count = math.min(excess, MOST_DROPPED)
  call("HINCRBY", KEY.meta, "completed", count)
  forget(call("LPOP", KEY.completed, count))
end

local function add_completed(ids, keep)
  local excess = excess_of(call("RPUSH", KEY.completed, unpack(ids)), keep)
  if excess > 0 then drop_completed(excess) end
end
