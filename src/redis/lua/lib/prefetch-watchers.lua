-- @include lib/outcomes.lua
-- @key watchers
-- Reads who watches all of `ids`, so that ending a batch costs one command.
local function prefetch_watchers(ids)
  watched = {}
  for index, channels in ipairs(call("HMGET", KEY.watchers, unpack(ids))) do
    watched[ids[index]] = channels
  end
end

local function forget_prefetched()
  watched = nil
end
