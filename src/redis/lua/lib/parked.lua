-- @include lib/clock.lua
-- Popped jobs that this script has parked instead of claiming them.
local parked = 0
