-- @include lib/record.lua
-- @include lib/told.lua
-- @key events
-- Events are made only while somebody listens, outcomes only for who asked; a script that has either calls
-- `publish_notices` at its end.
local listening = spread or call("PUBSUB", "NUMSUB", KEY.events)[2] > 0
local noticed = false
