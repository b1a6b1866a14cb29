-- @include lib/payload.lua
-- The payload that came with a job was put beside a record that has its own.
local function drop_payload(id, stored)
  if not is_beside(stored) then call("HDEL", KEY.payloads, id) end
end
