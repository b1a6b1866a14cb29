-- Keeps a part of a workflow's graph.
-- @arg id text of the workflow
-- @arg kept_ms number how long it waits for the workflow's job
-- @arg items text... field, value
-- @returns number
-- @include lib/record.lua
-- @key graph
-- @key jobs
-- Nothing is changed once the workflow has begun: a call may arrive twice, the second time late. What is left of one that
-- is gone makes room.
local MOST_FIELDS = 2000
local phase = call("HGET", KEY.graph .. id, "phase")
if phase == "ended" and call("HEXISTS", KEY.jobs, id) == 0 then
  call("UNLINK", KEY.graph .. id)
elseif phase then
  return 0
end
for from = items, #ARGV, MOST_FIELDS do
  call("HSET", KEY.graph .. id, unpack(ARGV, from, math.min(from + MOST_FIELDS - 1, #ARGV)))
end
if call("HEXISTS", KEY.jobs, id) == 0 then call("PEXPIRE", KEY.graph .. id, kept_ms) end
return 1
