-- Does wide work on a workflow's graph of which nobody need be told: gathers the lists of joins, undoes what failed, lists what starts.
-- @arg id text of the workflow
-- @returns number
-- @include lib/workflow-lists.lua
-- @key graph
-- @key work
-- Its items are first in the list of what is left to do, see lib/workflow.lua: "j", "r" and "b". Replies 1 when one of them is
-- first again.
local PART = 100

-- A join's list is gathered: it becomes its outcome.
local function keep_list(id, node, spec)
  local key, names = KEY.graph .. id, parts_of(node, last_thousand(spec))
  local head, bytes = list_head(spec), 0
  for _, name in ipairs(names) do bytes = bytes + call("HSTRLEN", key, name) end
  local start = SECTION.resultBytes .. pack("<I4", #head + bytes) .. head
  call("HSET", key, "o" .. node, table.concat({ start, unpack(call("HMGET", key, unpack(names))) }))
  call("LPUSH", KEY.work .. id, "d:" .. node .. ":0")
end

-- Reads a thousand members of a join whose list is long.
local function gather(id, node, k)
  local key = KEY.graph .. id
  local found = call("HMGET", key, "n" .. node, "o" .. node)
  if found[2] then return end
  local spec = cjson.decode(found[1])
  if k > last_thousand(spec) then return keep_list(id, node, spec) end
  local list = table.concat(read_members(id, node, k))
  local bytes, before = #list, parts_of(node, k - 1)
  for _, name in ipairs(before) do bytes = bytes + call("HSTRLEN", key, name) end
  if bytes <= MAX_LIST_BYTES then
    call("HSET", key, "p" .. node .. "." .. k, list)
    call("LPUSH", KEY.work .. id, "j:" .. node .. ":" .. k + 1)
  else
    if k > 0 then call("HDEL", key, unpack(before)) end
    call("LPUSH", KEY.work .. id, "l:" .. node .. ":0")
  end
end

-- Whether a node that did not complete is needed: not when what follows has an outcome all the same.
local function is_needed(id, node, spec)
  local follower = spec.g
  if spec.n then follower = spec.n[1][1] end
  return not follower or call("HEXISTS", KEY.graph .. id, "o" .. follower) == 0
end

local function has_completed(id, node)
  local outcome = call("HGET", KEY.graph .. id, "o" .. node)
  return outcome and is_completed(outcome)
end

local function count_open(id, node, spec)
  local open = 0
  for k = 0, last_thousand(spec) do
    for _, outcome in ipairs(read_members(id, node, k)) do
      if not outcome or not is_completed(outcome) then open = open + 1 end
    end
  end
  return open
end

-- Undoes a node that did not complete. Returns whether it can start.
local function reset_node(id, node, spec)
  if not is_needed(id, node, spec) then return false end
  local key = KEY.graph .. id
  local run = tonumber(call("HGET", key, "r" .. node) or "0")
  if run > 0 then call("HSET", key, "r" .. node, -run) end
  call("HDEL", key, "o" .. node)
  local open = 0
  if not spec.t then
    open = count_open(id, node, spec)
    call("HSET", key, "w" .. node, open)
  end
  return open == 0 and (not spec.a or has_completed(id, spec.a))
end

-- A failed workflow runs again, and what had completed is kept. From the last node to the first, so that what follows a
-- node is known. What can start goes behind all that is left to do.
local function reset_nodes(id, from, to)
  local found = read_nodes(id, from, to, "no")
  local ready = {}
  for node = to, from, -1 do
    local at = (node - from) * 2
    local outcome = found[at + 2]
    if found[at + 1] and not (outcome and is_completed(outcome)) then
      if reset_node(id, node, cjson.decode(found[at + 1])) then
        local last = ready[#ready]
        if last and last[1] == node + 1 then last[1] = node else ready[#ready + 1] = { node, node } end
      end
    end
  end
  local items = {}
  for index = #ready, 1, -1 do items[#items + 1] = "s:" .. ready[index][1] .. ":" .. ready[index][2] end
  if #items > 0 then call("RPUSH", KEY.work .. id, unpack(items)) end
end

local function reset_some(_, from, to)
  local first = math.max(from, to - PART + 1)
  if first > from then call("LPUSH", KEY.work .. id, "r:" .. from .. ":" .. first - 1) end
  reset_nodes(id, first, to)
end

-- Ranges that are stored apart are to be started next.
local function add_ranges(id, node, k)
  local ranges = call("HGET", KEY.graph .. id, "b" .. node .. "." .. k)
  if not ranges then return end
  local items = { "b:" .. node .. ":" .. k + 1 }
  ranges = cjson.decode(ranges)
  for index = #ranges, 1, -1 do items[#items + 1] = "s:" .. ranges[index][1] .. ":" .. ranges[index][2] end
  call("LPUSH", KEY.work .. id, unpack(items))
end

local PREPARE = { j = gather, r = reset_some, b = add_ranges }

local function is_wide(item)
  return item and string.find(item, "^[jrb]:") ~= nil
end

local item = call("LINDEX", KEY.work .. id, 0)
if is_wide(item) then
  call("LPOP", KEY.work .. id)
  local kind, from, to = string.match(item, "^(%a):(%d+):(%d+)")
  PREPARE[kind](id, tonumber(from), tonumber(to))
end
return is_wide(call("LINDEX", KEY.work .. id, 0)) and 1 or 0
