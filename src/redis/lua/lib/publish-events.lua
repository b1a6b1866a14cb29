-- @include lib/events.lua
-- @key events
-- A script that has events and no outcomes tells them at its end.
local function publish_events()
  tell_in_parts(KEY.events, events, "")
end
