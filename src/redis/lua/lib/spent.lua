-- @include lib/clock.lua
-- About how many µs this script has been at work, by what it handled: it stops when that is much.
local spent = 0
