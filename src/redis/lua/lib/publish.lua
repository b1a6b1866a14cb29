-- @include lib/outcomes.lua
-- @key heard
-- @key events
-- Events are made only while somebody listens, outcomes only for who asked; a script that has either calls
-- `publish_notices` at its end.
local listening = call("EXISTS", KEY.heard) == 1
local events = {}

local function emit(kind, id, attempt, sections)
  if not listening then return end
  noticed = true
  events[#events + 1] = notice(kind, id, attempt, sections)
end

local function publish_notices()
  tell_in_parts(KEY.events, events, "")
  publish_outcomes()
end
