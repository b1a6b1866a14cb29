-- @include lib/clock.lua
-- Popped jobs that this script has set aside instead of claiming them.
local set_aside = 0
