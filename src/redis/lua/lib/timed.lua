-- @include lib/clock.lua
-- Whether this script has set a timer, so that its reply must look at them.
local timed = false
