-- @include lib/record.lua
-- What this script put into the outbox of its task, for its reply: id and entry of each; of an entry that is read apart,
-- since all are large together, only the head, with its letter raised.
local put_out, put_bytes = {}, 0
local MOST_PUT_BYTES = 262144

local function tell_outbox(id, entry)
  if put_bytes + #entry > MOST_PUT_BYTES then
    entry = string.upper(sub(entry, 1, 1)) .. sub(entry, 2, 11 + unpack_struct("<H", entry, 10))
  end
  put_bytes = put_bytes + #entry
  put_out[#put_out + 1], put_out[#put_out + 2] = id, entry
end
