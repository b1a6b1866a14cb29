-- Keeps changes by hand.
-- @arg most number lines that stay
-- @arg items text... lines as JSON
-- @returns number
-- @key audit
-- @include lib/clock.lua
for at = items, #ARGV do call("XADD", KEY.audit, "MAXLEN", as_text(most), "*", "line", ARGV[at]) end
return #ARGV
