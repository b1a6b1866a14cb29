-- @include lib/workflow.lua
-- @include lib/workflow-reset.lua
-- @rare
-- @key jobs
-- @key graph
-- @key work
-- @key outbox
-- @key timers
-- What happens once in a workflow's life, and to wide ones.
local GATHER_COST, RANGES_COST = 50, 20
local GONE_KEPT_MS = 600000

local function cancelled_error(reason)
  if reason == "" then reason = "no reason was given" end
  return '{"name":"CancelledError","code":"JOB_CANCELLED","message":'
    .. cjson.encode("The step was cancelled: " .. reason .. ".") .. "}"
end

-- Ranges that are stored apart are to be started next.
local function add_ranges(id, node, k)
  local ranges = call("HGET", KEY.graph .. id, "b" .. node .. "." .. k)
  if not ranges then return end
  local items = { "b:" .. node .. ":" .. k + 1 }
  ranges = cjson.decode(ranges)
  for index = #ranges, 1, -1 do items[#items + 1] = "s:" .. ranges[index][1] .. ":" .. ranges[index][2] end
  call("LPUSH", KEY.work .. id, unpack(items))
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
local function cancel_nodes(id, from, to, reason, receipt)
  local found = read_nodes(id, from, to, "nor")
  local list, by_root, outcomes_now = {}, {}, {}
  local outcome = item_of(STATE.cancelled, cancelled_error(reason))
  for node = from, to do
    local at = (node - from) * 3
    local text, before, run = found[at + 1], found[at + 2], tonumber(found[at + 3] or "0")
    if text and not before and not receipt then
      outcomes_now[#outcomes_now + 1], outcomes_now[#outcomes_now + 2] = "o" .. node, outcome
    end
    run = text and run_to_cancel(before, run, receipt ~= nil)
    if run then
      local spec = cjson.decode(text)
      if spec.t then
        local errand = errand_to(list, by_root, template_of(id, spec.t).root, "x")
        errand[3] = reason
        errand[#errand + 1] = job_of_step(id, node, run)
      end
    end
  end
  if #outcomes_now > 0 then call("HSET", KEY.graph .. id, unpack(outcomes_now)) end
  if #list > 0 then
    send_errands(receipt or receipt_of(id, "x:" .. from .. ":" .. to .. ":" .. reason), list)
  end
  return #list
end

-- A join's list is gathered: it becomes its outcome.
local function keep_list(id, node, spec)
  local key, names = KEY.graph .. id, parts_of(node, last_thousand(spec))
  local head, bytes = list_head(spec), 0
  for _, name in ipairs(names) do bytes = bytes + call("HSTRLEN", key, name) end
  local start = SECTION.resultBytes .. pack("<I4", #head + bytes) .. head
  call("HSET", key, "o" .. node, table.concat({ start, unpack(call("HMGET", key, unpack(names))) }))
  call("LPUSH", KEY.work .. id, "d:" .. node .. ":0")
  room = 0
end

-- Reads a thousand members of a join whose list is long.
local function gather(id, node, k)
  local key = KEY.graph .. id
  local found = call("HMGET", key, "n" .. node, "o" .. node)
  if found[2] then return end
  local spec = cjson.decode(found[1])
  if k > last_thousand(spec) then return keep_list(id, node, spec) end
  local list = table.concat(read_members(id, node, k))
  local bytes, before = #list, parts_of(node, k - 1)
  for _, name in ipairs(before) do bytes = bytes + call("HSTRLEN", key, name) end
  if bytes <= MAX_LIST_BYTES then
    call("HSET", key, "p" .. node .. "." .. k, list)
    call("LPUSH", KEY.work .. id, "j:" .. node .. ":" .. k + 1)
    if k == last_thousand(spec) then room = 0 end
  else
    if k > 0 then call("HDEL", key, unpack(before)) end
    end_nodes(id, { too_large(node) })
  end
end

-- A join has its list.
local function go_on_behind(id, node)
  local found = call("HMGET", KEY.graph .. id, "n" .. node, "last")
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
  if kind == "j" then
    room = room - GATHER_COST
    return gather(id, from, to)
  elseif kind == "b" then
    room = room - RANGES_COST
    return add_ranges(id, from, to)
  elseif kind == "d" then
    room = 0
    return go_on_behind(id, from)
  end
  local count = math.min(room, to - from + 1)
  room = room - count
  local rest
  if kind == "r" then
    rest = to - count
    if rest >= from then call("LPUSH", KEY.work .. id, "r:" .. from .. ":" .. rest) end
    return reset_nodes(id, rest + 1, to)
  end
  rest = from + count
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

local function begin_workflow(id)
  local job = load_job(id)
  if not job or FINAL[job.state] then return end
  local found = call("HMGET", KEY.graph .. id, "last", "roots", "phase")
  if not found[2] or tonumber(found[1]) + 1 ~= limits_of(job).workflow.nodes then
    return finish_workflow(id, STATE.failed, GRAPH_MISSING)
  end
  if found[3] == "running" then return end
  call("PERSIST", KEY.graph .. id)
  call("HSET", KEY.graph .. id, "phase", "running")
  local items = { "r:0:" .. found[1] }
  if not found[3] then
    call("HSET", KEY.graph .. id, "begun", as_text(now))
    items = {}
    for _, range in ipairs(cjson.decode(found[2])) do items[#items + 1] = "s:" .. range[1] .. ":" .. range[2] end
    if #items == 0 then items[1] = "b:" .. found[1] + 1 .. ":0" end
  end
  add_work(id, items)
  pump(id)
end

local function handle_over(id, state, reason)
  local found = call("HMGET", KEY.graph .. id, "phase", "last")
  local has_errands = false
  if found[1] == "running" then
    call("HSET", KEY.graph .. id, "phase", "ended")
    if state ~= STATE.completed then
      if state == STATE.expired then
        reason = "its workflow expired"
      elseif state == STATE.failed then
        reason = "its workflow failed"
      elseif reason == "" then
        reason = "its workflow was cancelled"
      end
      call("LPUSH", KEY.work .. id, "x:0:" .. found[2] .. ":" .. reason)
      pump(id)
      has_errands = true
    end
  end
  drop_graph(id, has_errands)
end

-- What the outbox of this slot says of the workflow's own job. It may have ended and begun again before anybody looked.
local function handle_own(id)
  own[id] = nil
  local over, entered = "<" .. id, ">" .. id
  for _ = 1, 3 do
    local found = call("HMGET", KEY.outbox, over, entered)
    if not found[1] and not found[2] then return end
    call("HDEL", KEY.outbox, over, entered)
    live[id] = nil
    if found[1] then handle_over(id, sub(found[1], 1, 1), sub(found[1], 12 + #id)) end
    if found[2] then begin_workflow(id) end
  end
end

-- An errand was not acknowledged in time: it is made again, when it still matters.
local function send_again(receipt)
  if not call("ZSCORE", KEY.timers, "f" .. receipt) then return end
  local id, item = parse_receipt(receipt)
  if item == "w" then return pump(id) end
  local kind, from, to, reason = string.match(item, "^(%a):(%d+):(%d+):?(.*)$")
  local sent = 0
  if kind == "x" then
    sent = cancel_nodes(id, tonumber(from), tonumber(to), reason, receipt)
  elseif is_live(id) then
    sent = start_nodes(id, tonumber(from), tonumber(to), {}, receipt)
  end
  if sent == 0 then return call("ZREM", KEY.timers, "f" .. receipt) end
  call("HSET", KEY.graph .. id, "again", as_text(now))
end
