-- @include lib/extras.lua
-- @key jobs
-- @key extras
-- Deletes every key of jobs but their place in an index.
local function forget(ids)
  if #ids == 0 then return end
  call("HDEL", KEY.jobs, unpack(ids))
  if call("EXISTS", KEY.extras) == 1 then forget_extras(ids) end
end
