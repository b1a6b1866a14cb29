-- @include lib/workflow.lua
-- @rare
-- @key graph
-- @key work
-- Makes a failed workflow ready to run again: what had completed is kept.
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

-- From the last node to the first, so that what follows a node is known.
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
  add_work(id, items)
end
