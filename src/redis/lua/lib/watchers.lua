-- @include lib/notice.lua
-- @key watchers
-- Who wants the outcome of a job.
local function watch_by(channel, id)
  local channels = call("HGET", KEY.watchers, id)
  if not channels then
    call("HSET", KEY.watchers, id, channel)
  elseif not string.find(" " .. channels .. " ", " " .. channel .. " ", 1, true) then
    call("HSET", KEY.watchers, id, channels .. " " .. channel)
  end
end
