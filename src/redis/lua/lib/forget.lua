-- @include lib/extras.lua
-- @key jobs
-- @key extras
-- @key done
-- @key payloads
-- Deletes every key of jobs but their place in an index.
local function forget(ids)
  if #ids == 0 then return end
  call("HDEL", KEY.jobs, unpack(ids))
  call("HDEL", KEY.done, unpack(ids))
  if call("EXISTS", KEY.payloads) == 1 then call("HDEL", KEY.payloads, unpack(ids)) end
  if call("EXISTS", KEY.extras) == 1 then forget_extras(ids) end
end
