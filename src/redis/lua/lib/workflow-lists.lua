-- @include lib/record.lua
-- @key graph
-- What the nodes of a workflow gave, and the lists that joins make of it. Redis hashes each byte of every string that
-- Lua makes, so what may be large is copied as seldom as can be: 1 ms per MB.
local MOST_READ = 1000

local function read_graph(id, ...)
  return call("HMGET", KEY.graph .. id, ...)
end

local function write_graph(id, ...)
  call("HSET", KEY.graph .. id, ...)
end

local function read_nodes(id, from, to, letters)
  local fields = {}
  for node = from, to do
    for at = 1, #letters do fields[#fields + 1] = sub(letters, at, at) .. node end
  end
  return read_graph(id, unpack(fields))
end

-- A result without its letter is none; what did not complete has its error and the letter of its state, raised.
local function item_of(state, value)
  if state ~= STATE.completed then return string.upper(state) .. pack("<I4", #value) .. value end
  if #value < 2 then return "U" .. pack("<I4", 0) end
  return sub(value, 1, 1) .. pack("<I4", #value - 1) .. sub(value, 2)
end

local function is_completed(outcome)
  local letter = sub(outcome, 1, 1)
  return letter == SECTION.resultText or letter == SECTION.resultBytes or letter == "U"
end

-- Outcomes of the k-th thousand of a join's members, in their order; false for one that has not ended.
local function read_members(id, node, k)
  local fields = {}
  for _, range in ipairs(cjson.decode(call("HGET", KEY.graph .. id, "m" .. node .. "." .. k) or "[]")) do
    for member = range[1], range[2] do fields[#fields + 1] = "o" .. member end
  end
  return #fields == 0 and fields or read_graph(id, unpack(fields))
end

local function last_thousand(spec)
  return math.max(0, math.ceil(spec.s / MOST_READ) - 1)
end

-- Fields with what a join has gathered, up to the k-th thousand.
local function parts_of(node, k)
  local names = {}
  for part = 0, k do names[#names + 1] = "p" .. node .. "." .. part end
  return names
end

local function list_head(spec)
  return PACKED_MARK .. (spec.c and "s" or "l") .. pack("<I4", spec.s)
end

-- What a node gave: its letter, "" for nothing, and its bytes in pieces.
local function value_of(id, node)
  local key = KEY.graph .. id
  if not node then return "", {} end
  if call("HEXISTS", key, "p" .. node .. ".0") == 0 then
    local outcome = call("HGET", key, "o" .. node)
    if not outcome or sub(outcome, 1, 1) == "U" then return "", {} end
    return sub(outcome, 1, 1), { sub(outcome, 6) }
  end
  local spec = cjson.decode(call("HGET", key, "n" .. node))
  return SECTION.resultBytes, { list_head(spec), unpack(call("HMGET", key, unpack(parts_of(node, last_thousand(spec))))) }
end
