-- @include lib/notify.lua
-- @include lib/retention.lua
-- @rare
-- @key events
-- Does something to another task in the middle of a script. Its notices go out at once, and its retention, which this
-- script was not told, is left to its next sweep.
local function in_root(other, action)
  if other == root then return action() end
  local own = { root = root, listening = listening, noticed = noticed, kept = kept }
  local notices = swap_notices({ events = {}, outcomes = {} })
  root, noticed, kept = other, false, {}
  listening = call("PUBSUB", "NUMSUB", KEY.events)[2] > 0
  local result = action()
  if noticed then publish_notices() end
  root, listening, noticed, kept = own.root, own.listening, own.noticed, own.kept
  swap_notices(notices)
  return result
end
