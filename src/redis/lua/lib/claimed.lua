-- @include lib/record.lua
-- @include lib/watched.lua
-- @key active
-- What has just been claimed: how it is stored, and how its ids are told.
local FEW_CLAIMS, LONG_VALUE = 32, string.rep("-", 65)

-- Stores `count` claims: id and claim of each.
-- A value of more than 64 bytes makes Redis keep the hash as a table: as a listpack, which it walks, 128 claims
-- cost a third more per job and 500 nearly twice as much.
local function store_claims(claims, count)
  local is_many = count > FEW_CLAIMS
  if is_many then claims[count * 2 + 1], claims[count * 2 + 2] = "", LONG_VALUE end
  call("HSET", KEY.active, unpack(claims))
  if is_many then call("HDEL", KEY.active, "") end
end

-- What goes into a claim behind its lease.
local function watchers_to_claim(raw)
  if (byte(raw, 2) or 0) < FLAG.watched or not is_readable(raw) then return "" end
  return (watchers_in(raw))
end

-- One text when all are of one length, which is cheaper for both sides.
local function joined_ids(ids)
  local length = #(ids[1] or "")
  for index = 2, #ids do
    if #ids[index] ~= length then return ids end
  end
  return table.concat(ids)
end
