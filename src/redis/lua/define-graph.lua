-- Keeps parts of graphs of workflows.
-- @arg kept_ms number how long a graph waits for the workflow's job
-- @arg items text... of each part: id of the workflow, how many fields and values follow, and these
-- @returns number
-- @include lib/record.lua
-- @key graph
-- @key jobs
-- Nothing is changed once the workflow has begun: a call may arrive twice, the second time late. What is left of one that
-- is gone makes room.
local MOST_FIELDS = 2000

local function define(id, from, to)
  local key = KEY.graph .. id
  local phase = call("HGET", key, "phase")
  local is_stored = call("HEXISTS", KEY.jobs, id) == 1
  if phase == "ended" and not is_stored then
    call("UNLINK", key)
  elseif phase then
    return
  end
  for at = from, to, MOST_FIELDS do
    call("HSET", key, unpack(ARGV, at, math.min(at + MOST_FIELDS - 1, to)))
  end
  if not is_stored then call("PEXPIRE", key, kept_ms) end
end

local at = items
while at < #ARGV do
  local count = tonumber(ARGV[at + 1])
  define(ARGV[at], at + 2, at + 1 + count)
  at = at + 2 + count
end
return 1
