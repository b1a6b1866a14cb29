-- @include lib/record.lua
-- The stamp at the head of a body, for counting; nothing else of a body is read here. Its form is that of
-- `body-codec.ts`: kind, then version, length and fingerprint, or the length and the JSON of an extended head.
local EXTENDED_BIT, BESIDE_BIT = 2, 4

local function extended_stamp(raw, at)
  local colon = string.find(raw, ":", at + 1, true)
  local length = colon and tonumber(sub(raw, at + 1, colon - 1))
  if not length then return "0", "" end
  local is_read, head = pcall(cjson.decode, sub(raw, colon + 1, colon + length))
  if not is_read or type(head) ~= "table" then return "0", "" end
  return string.format("%d", tonumber(head.v) or 0), tostring(head.f or "")
end

-- Version and fingerprint of a readable record.
local function stamp_of(raw)
  local at = HEAD_BYTES + 1
  local kind, version, length = byte(raw, at, at + 2)
  if not kind then return "0", "" end
  if kind % BESIDE_BIT >= EXTENDED_BIT then return extended_stamp(raw, at) end
  if not length then return "0", "" end
  return string.format("%d", version), sub(raw, at + 3, at + 2 + length)
end
