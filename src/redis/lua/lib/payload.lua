-- @include lib/record.lua
-- @key payloads
-- A large payload stands beside its record: what many kB have to pass through a script costs more than all the rest of it. The
-- record's flags say so, and the first byte of its body.
local BESIDE_KIND = 4

local function is_beside(raw)
  return (byte(raw, 2) or 0) % FLAG.watched >= FLAG.beside
end

-- The record as if its payload were in it; as it is where there is none.
local function whole(id, raw)
  local payload = is_beside(raw) and is_readable(raw) and call("HGET", KEY.payloads, id)
  if not payload then return raw end
  local ends = HEAD_BYTES + unpack_struct("<I4", raw, HEAD_BYTES - 3)
  return sub(raw, 1, 1) .. char(byte(raw, 2) - FLAG.beside) .. sub(raw, 3, HEAD_BYTES - 4) .. pack("<I4", ends - HEAD_BYTES + #payload)
    .. char(byte(raw, HEAD_BYTES + 1) - BESIDE_KIND) .. sub(raw, HEAD_BYTES + 2, ends) .. payload .. sub(raw, ends + 1)
end
