-- @include lib/tell-in-parts.lua
-- @key heard
-- Events are made only while somebody listens, and told at the end.
local listening = call("EXISTS", KEY.heard) == 1
local events = {}

local function emit(kind, id, attempt, sections)
  if not listening then return end
  noticed = true
  events[#events + 1] = notice(kind, id, attempt, sections)
end
