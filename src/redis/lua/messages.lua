-- Reads what jobs emitted.
-- @arg items text... id, first number, limit
-- @returns readonly (readonly [state: Buffer, messages: Buffer[]])[]
-- @include lib/snapshot.lua
-- @key messages
-- Of each job its state, "" where it is not stored, and number and value of each message.
local reply = {}
for at = items, #ARGV, 3 do
  local id = ARGV[at]
  local state, messages = snapshots({ id })[2], {}
  if state ~= "" then
    for _, entry in ipairs(call("XRANGE", KEY.messages .. id, ARGV[at + 1], "+", "COUNT", ARGV[at + 2])) do
      messages[#messages + 1] = string.match(entry[1], "^%d+")
      messages[#messages + 1] = entry[2][2]
    end
  end
  reply[#reply + 1] = { state, messages }
end
return reply
