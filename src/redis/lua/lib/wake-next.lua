-- @include lib/wake.lua
-- Somebody must learn of it when one of `ids` is now the next to be due. Returns whether it is.
local function wake_when_next(key, ids)
  local first = call("ZRANGE", key, 0, 0)[1]
  if not first or not ids[first] then return false end
  wake_one()
  return true
end
