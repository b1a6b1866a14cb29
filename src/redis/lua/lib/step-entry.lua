-- @include lib/record.lua
-- Steps of workflows in their own slot: what the id of a first run says, and what an outbox holds of those that have ended:
-- state, node, run, workflow, then what the step gave (with its letter), the error or the reason.
local function step_of(id)
  local workflow, node = string.match(id, "^(.*)%.(%d+)$")
  return workflow and { workflow = workflow, node = node, run = 1 }
end

local function outbox_entry(state, step, value)
  return pack("<c1I4I4H", state, step.node, step.run, #step.workflow) .. step.workflow .. value
end
