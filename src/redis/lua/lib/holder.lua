-- @include lib/clock.lua
-- Who holds a claim and, behind a byte 0, who wants the outcome of its job; "": nobody.
local function holder_of(claim)
  return string.match(claim, "^([^%z]*)%z?(.*)", CLAIM_BYTES + 1)
end
