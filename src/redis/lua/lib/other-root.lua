-- @include lib/notify.lua
-- @include lib/finish.lua
-- @include lib/keeping.lua
-- @rare
-- @key events
-- Does something to another task in the middle of a script. Its notices go out at once, and what ends is kept as its own
-- sweeps were told.
local function in_root(other, action)
  if other == root then return action() end
  local own = { root = root, listening = listening, noticed = noticed, kept = kept, touched = touched }
  local notices = swap_notices({ events = {}, outcomes = {} })
  root, noticed, kept, touched = other, false, {}, {}
  recall_kept()
  listening = call("PUBSUB", "NUMSUB", KEY.events)[2] > 0
  local result = action()
  trim_touched()
  if noticed then publish_notices() end
  root, listening, noticed, kept, touched = own.root, own.listening, own.noticed, own.kept, own.touched
  swap_notices(notices)
  return result
end
