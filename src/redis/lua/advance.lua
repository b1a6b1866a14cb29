-- Moves workflows on by what has happened to their steps and to their own jobs.
-- @arg items text... kind, subject, entry: r is a receipt of what has been done, a one of what has to be done again, w a workflow to look at, e the job and the entry of a step of the workflow before
-- @returns readonly [late: Buffer[], more: Buffer[], errands: (Buffer | Buffer[])[]]
-- @include lib/workflow-life.lua
-- @key timers
-- Reply: jobs of steps that may be inserted once more by somebody slow; workflows with work left; errands: a receipt and
-- what it stands for: "s", root of a task, then 7 parts of each job to insert; or "x", root, reason, ids to cancel.
local current

local function turn_to(id)
  if current and current ~= id then
    handle_own(current)
    pump(current)
  end
  current = id
end

recall_kept()
local receipts = {}
for at = items, #ARGV, 3 do
  local kind, subject, entry = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if kind == "r" then
    receipts[#receipts + 1] = "f" .. subject
  elseif kind == "w" then
    turn_to(subject)
  elseif kind == "e" then
    local state, node, run, size = unpack_struct("<c1I4I4H", entry)
    handle_step(current, { state = state, node = node, run = run, job = subject, value = sub(entry, 12 + size) })
  else
    send_again(subject)
  end
end
if #receipts > 0 then call("ZREM", KEY.timers, unpack(receipts)) end
turn_to(nil)
make_room()
if noticed then publish_notices() end
return { late, more, errands }
