-- @include lib/outbox.lua
-- @rare
-- @key outbox
-- Tells of what lies in the outbox, whoever put it there, in no order: at most `most`, fewer where they are large.
local MOST_READ_BYTES = 1048576

local function tell_what_lies(most)
  local told, bytes = {}, 0
  for at = 1, #put_out, 2 do told[put_out[at]] = true end
  for _, id in ipairs(call("HRANDFIELD", KEY.outbox, most)) do
    if not told[id] and bytes < MOST_READ_BYTES then
      local entry = call("HGET", KEY.outbox, id)
      bytes = bytes + #entry
      tell_outbox(id, entry)
    end
  end
end
