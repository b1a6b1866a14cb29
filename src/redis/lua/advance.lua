-- Moves workflows on by what has happened to their steps and to their own jobs.
-- @arg items text... kind, subject, entry: r is receipts of what has been done, a errands that have to be made again, t a workflow of which steps follow, w one to look at whatever follows, e the job and the entry of a step, c the job and the result of a plain one that has completed
-- @returns readonly [late: Buffer[], more: Buffer[], packed: Buffer[], errands: Buffer[][], receipts: Buffer, wide: Buffer[]]
-- @include lib/workflow-turn.lua
-- @include lib/trim.lua
-- @key timers
-- Reply: jobs of steps that may be inserted once more by somebody slow; workflows with work left; task and packed steps, see
-- `send_errands`; other errands: "s", task, 7 parts of each
-- step to insert; or "x", task, reason, ids to cancel; receipts of them all; workflows that `prepare-graph` has to see first.
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

local done = {}
for at = items, #ARGV, 3 do
  local kind, subject, entry = unpack(ARGV, at, at + 2)
  if kind == "c" then
    handle_step(current, { state = STATE.completed, node = tonumber(sub(subject, #current + 2)), run = 1, job = subject, value = entry })
  elseif kind == "t" or kind == "w" then
    turn_to(subject)
    if kind == "w" then own[subject], with_work[subject] = true, true end
  elseif kind == "e" then
    local state, node, run, size = unpack_struct("<c1I4I4H", entry)
    handle_step(current, { state = state, node = node, run = run, job = subject, value = sub(entry, 12 + size) })
  elseif kind == "r" then
    for _, timer in ipairs(cmsgpack.unpack(subject)) do done[#done + 1] = timer end
  else
    send_again(subject)
  end
end
if #done > 0 then call("ZREM", KEY.timers, unpack(done)) end
turn_to(nil)
if #open_timers > 0 then call("ZADD", KEY.timers, unpack(open_timers)) end
if next(touched) then trim_touched() end
if noticed then publish_notices() end
return { late, more, pack_steps(), errands, #receipts > 0 and cmsgpack.pack(receipts) or "", wide }
