-- @include lib/events.lua
-- @include lib/outcomes.lua
-- @key events
-- A script that has events or outcomes tells them at its end.
local function publish_notices()
  tell_in_parts(KEY.events, events, "")
  publish_outcomes()
end
