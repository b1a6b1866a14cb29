-- Moves workflows on by what has happened to their steps and to their own jobs.
-- @arg items text... kind, subject, entry: r is a receipt of what has been done, a one of what has to be done again, t a workflow of which steps follow, w one to look at whatever follows, e the job and the entry of a step
-- @returns readonly [late: Buffer[], more: Buffer[], errands: (Buffer | Buffer[])[], wide: Buffer[]]
-- @include lib/workflow-turn.lua
-- @include lib/trim.lua
-- @key timers
-- Reply: jobs of steps that may be inserted once more by somebody slow; workflows with work left, and those of them that `prepare-graph` has to see first; errands: a receipt and
-- what it stands for: "p", root of a task, then id and body of each plain step's job to insert; "s", root, 7 parts of each
-- other; or "x", root, reason, ids to cancel.
local current

local function turn_to(id)
  if current and current ~= id then
    for _ = 1, 3 do
      if own[current] then handle_own(current) end
      if with_work[current] then pump(current) end
    end
  end
  current = id
end

local receipts = {}
for at = items, #ARGV, 3 do
  local kind, subject, entry = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  if kind == "r" then
    receipts[#receipts + 1] = "f" .. subject
  elseif kind == "t" or kind == "w" then
    turn_to(subject)
    if kind == "w" then own[subject], with_work[subject] = true, true end
  elseif kind == "e" then
    local state, node, run, size = unpack_struct("<c1I4I4H", entry)
    handle_step(current, { state = state, node = node, run = run, job = subject, value = sub(entry, 12 + size) })
  else
    send_again(subject)
  end
end
if #receipts > 0 then call("ZREM", KEY.timers, unpack(receipts)) end
turn_to(nil)
if #open_receipts > 0 then call("ZADD", KEY.timers, unpack(open_receipts)) end
if next(touched) then trim_touched() end
if noticed then publish_notices() end
return { late, more, errands, wide }
