-- Looks at keys of a task that are its jobs', or its limits'.
-- @arg items text... what stands behind the root in the name of each key
-- @returns Buffer[]
-- @include lib/contents.lua
-- @key history
-- @key logs
-- @key messages
-- @key graph
-- @key work
-- @key outbox
-- @key blocked
-- @key holders
-- @key group
-- @key collect
-- @key newerJobs
-- @key idempotent
-- Reply: of each fault kind, what stands behind the root, and an id: that of the job. A key that is none of these belongs to nothing.
local MOST_MEMBERS = 1000
local faults = {}

local function add(kind, name, id)
  for _, part in ipairs({ kind, name, id }) do faults[#faults + 1] = part end
end

-- A key that one job has.
local function of_job(name, id)
  if call("HEXISTS", KEY.jobs, id) == 0 then add("stray", name, id) end
end

-- What a workflow needs until its end has been acted on; of one that was removed it ends by itself.
local function of_workflow(name, id)
  if call("PTTL", root .. name) == -1 and call("HEXISTS", KEY.outbox, "<" .. id) == 0 then of_job(name, id) end
end

local function of_states(states)
  return function(name)
    for _, id in ipairs(call("ZRANGE", root .. name, 0, MOST_MEMBERS - 1)) do
      if not is_among(states, id) then add(UNOWNED, name, id) end
    end
  end
end

-- One that expires by itself may outlive its job.
local function of_window(name)
  local text = call("GET", root .. name)
  local id = text and string.match(text, "^%S* (.*)$") or ""
  if text and call("PTTL", root .. name) == -1 and not is_among(OPEN, id) then add(UNOWNED, name, id) end
end

local KINDS = {
  { KEY.history, of_job }, { KEY.logs, of_job }, { KEY.messages, of_job }, { KEY.graph, of_workflow }, { KEY.work, of_workflow },
  { KEY.blocked, of_states(STATE.waiting) }, { KEY.holders, of_states(STATE.waiting .. STATE.active) },
  { KEY.group, of_states(STATE.waiting) }, { KEY.collect, of_states(STATE.waiting) }, { KEY.newerJobs, of_states(STATE.delayed) },
  { KEY.idempotent, of_window },
}

local function look(name)
  local key = root .. name
  if call("EXISTS", key) == 0 then return end
  for _, kind in ipairs(KINDS) do
    local head = kind[1]
    if sub(key, 1, #head) == head then return kind[2](name, sub(key, #head + 1)) end
  end
  add("stray", name, "")
end

for at = items, #ARGV do look(ARGV[at]) end
return faults
