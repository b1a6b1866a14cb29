-- @include lib/workflow.lua
-- @key jobs
-- @key graph
-- @key work
-- @key outbox
-- @key timers
-- What is left to do in a workflow, item by item.
local GONE_KEPT_MS = 600000

local function cancelled_error(reason)
  if reason == "" then reason = "no reason was given" end
  return '{"name":"CancelledError","code":"JOB_CANCELLED","message":'
    .. cjson.encode("The step was cancelled: " .. reason .. ".") .. "}"
end

-- Which run of a step's job a cancel is about; nil: none. One that is made again may come when the workflow has been
-- resumed: then it is about the run before.
local function run_to_cancel(outcome, run, is_again)
  if not is_again then return not outcome and run > 0 and run or nil end
  if outcome and not is_completed(outcome) then return run ~= 0 and math.abs(run) or nil end
  if run < 0 then return -run end
  return run > 1 and run - 1 or nil
end

-- Marks nodes that have not ended as cancelled and cancels their jobs.
local function cancel_nodes(id, from, to, reason, timer)
  local found = read_nodes(id, from, to, "nor")
  local list, outcomes_now = {}, {}
  local outcome = item_of(STATE.cancelled, cancelled_error(reason))
  for node = from, to do
    local at = (node - from) * 3
    local text, before, run = found[at + 1], found[at + 2], tonumber(found[at + 3] or "0")
    if text and not before and not timer then
      outcomes_now[#outcomes_now + 1], outcomes_now[#outcomes_now + 2] = "o" .. node, outcome
    end
    run = text and run_to_cancel(before, run, timer ~= nil)
    if run then
      local spec = cjson.decode(text)
      if spec.t then
        local errand = errand_to(list, template_of(id, spec.t).task, "x")
        errand[3] = reason
        errand[#errand + 1] = job_of_step(id, node, run)
      end
    end
  end
  if #outcomes_now > 0 then write_graph(id, unpack(outcomes_now)) end
  if #list > 0 then
    send_errands(timer or new_timer(id, "x:" .. from .. ":" .. to .. ":" .. reason), list)
  end
  return #list
end

-- A join has its list.
local function go_on_behind(id, node)
  local found = read_graph(id, "n" .. node, "last")
  local spec, ends = cjson.decode(found[1]), {}
  local ending = { node = node, state = STATE.completed, is_last = node == tonumber(found[2]) }
  if ending.is_last then
    local letter, bytes = value_of(id, node)
    ending.value = table.concat({ letter, unpack(bytes) })
  end
  go_on(id, ending, spec, ends)
  end_nodes(id, ends)
  call("HDEL", KEY.graph .. id, unpack(parts_of(node, last_thousand(spec))))
end

-- One item of what is left to do, or as much of it as this script may.
local function do_work(id, kind, from, to, reason)
  if kind == "l" then
    return end_nodes(id, { too_large(from) })
  elseif kind == "d" then
    room = 0
    return go_on_behind(id, from)
  end
  local count = math.min(room, to - from + 1)
  room = room - count
  local rest = from + count
  if rest <= to then call("LPUSH", KEY.work .. id, kind .. ":" .. rest .. ":" .. to .. ":" .. reason) end
  if kind == "x" then return cancel_nodes(id, from, rest - 1, reason) end
  local ends = {}
  start_nodes(id, from, rest - 1, ends)
  end_nodes(id, ends)
end

-- The graph of a workflow whose record is gone goes when nothing is left to do. While steps are being cancelled it stays
-- for a while, in case that has to be done again.
local function drop_graph(id, has_errands)
  if call("HEXISTS", KEY.jobs, id) == 1 or call("EXISTS", KEY.work .. id) == 1 then return end
  if has_errands then call("PEXPIRE", KEY.graph .. id, GONE_KEPT_MS) else call("UNLINK", KEY.graph .. id) end
end
