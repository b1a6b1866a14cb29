-- @include lib/watched.lua
-- What stands behind the lease in a claim.
local function claim_end(watchers)
  return watchers == "" and "" or "\0" .. watchers
end
