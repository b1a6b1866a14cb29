-- Reads steps of a workflow.
-- @arg id text
-- @arg from number
-- @arg count number
-- @returns readonly (Buffer | null)[]
-- @include lib/record.lua
-- @key graph
-- @key jobs
-- Reply: 4 parts per node from `from` on: node, outcome, last run, template; nothing behind the last node.
local key = KEY.graph .. id
if call("HEXISTS", KEY.jobs, id) == 0 and call("HGET", key, "phase") == "ended" then return {} end
local fields = {}
for node = from, from + count - 1 do
  fields[#fields + 1] = "n" .. node
  fields[#fields + 1] = "o" .. node
  fields[#fields + 1] = "r" .. node
end
local found = call("HMGET", key, unpack(fields))
local reply, templates = {}, {}
for at = 1, #found, 3 do
  local spec = found[at]
  if not spec then break end
  local name = string.match(spec, '"t":(%d+)')
  if name and templates[name] == nil then templates[name] = call("HGET", key, "t" .. name) end
  reply[#reply + 1] = spec
  -- A value may be large, and is not asked for.
  local outcome = found[at + 1] or ""
  local letter = string.lower(sub(outcome, 1, 1))
  reply[#reply + 1] = (FINAL[letter] or letter == "") and letter .. sub(outcome, 6) or STATE.completed
  reply[#reply + 1] = found[at + 2] or ""
  reply[#reply + 1] = name and templates[name] or ""
end
return reply
