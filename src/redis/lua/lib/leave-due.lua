-- @include lib/newer.lua
-- @key newer
-- A delayed job goes for another reason.
local function forget_newer(id)
  if call("EXISTS", KEY.newer) == 0 then return end
  for _, version in ipairs(call("ZRANGE", KEY.newer, 0, -1)) do
    if drop_newer(version, { id }) > 0 then return end
  end
end

-- A job is delayed or retrying no more.
local function leave_due(key, id)
  call("ZREM", key, id)
  forget_newer(id)
end
