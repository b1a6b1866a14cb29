-- @include lib/clock.lua
-- Who holds a claim and, in the section behind, on which channels the outcome of its job is wanted; "": nobody wants it.
local function holder_of(claim)
  return string.match(claim, "^([^%z]*)%z?.?.?.?.?(.*)", CLAIM_BYTES + 1)
end
