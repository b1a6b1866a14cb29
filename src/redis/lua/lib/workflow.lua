-- @include lib/cancel-job.lua
-- @include lib/other-root.lua
-- @include lib/timers.lua
-- @include lib/steps.lua
-- @include lib/workflow-root.lua
-- @include lib/workflow-lists.lua
-- @include lib/workflow-reset.lua
-- @include lib/workflow-steps.lua
-- @rare
-- @key jobs
-- @key graph
-- @key work
-- @key delayed
-- @key ttl
-- Moves workflows on. A graph is a hash: n<i> a node, i<i> its input, o<i> its outcome as an item of a packed list,
-- r<i> its run (negative: of the run before); of a join w<i> members that have not ended, m<i>.<k> the k-th thousand of
-- them, p<i>.<k> what those gave; b<i>.<k> what starts behind a node, where that is much (i = last + 1: at the beginning);
-- t<k> and h<k> a template and the head of its bodies; `last`, `roots`, `phase`, `begun`.
-- What one script cannot do waits in the list work:<id> for the next call that touches the workflow, or for a timer of
-- the sweep: "s" start, "x" cancel, "r" make ready again, each from:to; "b" start what is behind a node, "j" gather a
-- join's list, both node:k; "d" go on behind a join that has it.
-- Starting a step costs about 20 µs, reading a thousand outcomes 1 ms, each copy of a MB 1 ms, since Redis hashes every
-- string that Lua makes; no script should take longer than 5 ms.
local PART = 100
local GATHER_COST, RANGES_COST = 50, 20
local room = PART

local function is_live(id)
  local raw = call("HGET", KEY.jobs, id)
  return raw and not FINAL[sub(raw, 1, 1)]
end

local function cancelled_error(reason)
  if reason == "" then reason = "no reason was given" end
  return '{"name":"CancelledError","code":"JOB_CANCELLED","message":'
    .. cjson.encode("The step was cancelled: " .. reason .. ".") .. "}"
end

-- The members of a join have ended. A long list is gathered by and by.
local function end_join(id, node, spec, ends)
  if last_thousand(spec) > 0 then
    call("LPUSH", KEY.work .. id, "j:" .. node .. ":0")
    return
  end
  local list = table.concat(read_members(id, node, 0))
  if #list > MAX_LIST_BYTES then
    ends[#ends + 1] = too_large(node)
  else
    ends[#ends + 1] = { node = node, state = STATE.completed, value = SECTION.resultBytes .. list_head(spec) .. list }
  end
end

-- Starts nodes that have not been started. Joins without members are added to `ends`.
local function start_nodes(id, from, to, ends)
  local found = read_nodes(id, from, to, "nori")
  local by_root, roots, runs = {}, {}, {}
  local before, before_letter, before_bytes
  for node = from, to do
    local at = (node - from) * 4
    local text, run = found[at + 1], tonumber(found[at + 3] or "0")
    if text and not found[at + 2] and run <= 0 then
      local spec = cjson.decode(text)
      if not spec.t then
        end_join(id, node, spec, ends)
      else
        run = 1 - run
        runs[#runs + 1], runs[#runs + 2] = "r" .. node, run
        local input, letter, payload = found[at + 4], "", {}
        if input then
          letter, payload = sub(input, 1, 1), { sub(input, 2) }
        else
          if before ~= spec.a then before, before_letter, before_bytes = spec.a, value_of(id, spec.a) end
          if before then letter, payload = before_letter, before_bytes end
        end
        local template = template_of(id, spec.t)
        add_by_root(by_root, roots, template.root, {
          id = job_of_step(id, node, run), template = template, head = body_head(template.head, letter), payload = payload,
          limits = limits_text(template, id, node, run),
        })
      end
    end
  end
  if #runs > 0 then call("HSET", KEY.graph .. id, unpack(runs)) end
  insert_steps(by_root, roots)
end

-- Followers of a node: a single one goes on at once, many in parts.
local function start_ranges(id, node, spec, ends)
  if spec.b then return add_work(id, { "b:" .. node .. ":0" }) end
  local ranges, first = spec.n, spec.n[1]
  if #ranges == 1 and first[1] == first[2] then return start_nodes(id, first[1], first[2], ends) end
  local left = {}
  for _, range in ipairs(ranges) do
    local from, to = range[1], range[2]
    local count = math.min(room, to - from + 1)
    room = room - count
    if count > 0 then start_nodes(id, from, from + count - 1, ends) end
    if from + count <= to then left[#left + 1] = "s:" .. (from + count) .. ":" .. to end
  end
  add_work(id, left)
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

-- Marks nodes that have not ended as cancelled and cancels their jobs.
local function cancel_nodes(id, from, to, reason)
  local found = read_nodes(id, from, to, "nor")
  local by_root, roots, outcomes_now = {}, {}, {}
  local outcome = item_of(STATE.cancelled, cancelled_error(reason))
  for node = from, to do
    local at = (node - from) * 3
    local run = tonumber(found[at + 3] or "0")
    if found[at + 1] and not found[at + 2] then
      outcomes_now[#outcomes_now + 1], outcomes_now[#outcomes_now + 2] = "o" .. node, outcome
      local spec = cjson.decode(found[at + 1])
      if spec.t and run > 0 then
        add_by_root(by_root, roots, template_of(id, spec.t).root, job_of_step(id, node, run))
      end
    end
  end
  if #outcomes_now > 0 then call("HSET", KEY.graph .. id, unpack(outcomes_now)) end
  for _, task_root in ipairs(roots) do
    in_root(task_root, function()
      for _, job in ipairs(by_root[task_root]) do cancel_job(job, reason) end
      tell_workers()
    end)
  end
end

-- Ends the workflow's own job, which no worker has claimed.
local function finish_workflow(id, state, value)
  local job = load_job(id)
  if not job or FINAL[job.state] then return end
  if job.state == STATE.delayed then leave_due(KEY.delayed, id) else leave_waiting(job) end
  drop_ttl(job)
  job.attempt = 1
  job.started = tonumber(call("HGET", KEY.graph .. id, "begun") or as_text(now))
  if state == STATE.completed then
    finish(job, TO.complete.completed, value)
  else
    finish(job, TO.fail.failed, section(SECTION.error, value))
  end
end

-- A member of a join has ended, or cannot any more.
local function end_member(id, ending, spec, ends)
  local found = call("HMGET", KEY.graph .. id, "n" .. spec.g, "o" .. spec.g)
  if found[2] then return end
  local join = cjson.decode(found[1])
  if ending.state ~= STATE.completed then
    if not join.c then
      call("LPUSH", KEY.work .. id, "x:" .. join.f .. ":" .. (spec.g - 1) .. ":another step of the group failed")
      ends[#ends + 1] = { node = spec.g, state = ending.state, value = ending.value }
      return
    end
    call("HSET", KEY.graph .. id, "o" .. spec.e, item_of(ending.state, ending.value))
  end
  if call("HINCRBY", KEY.graph .. id, "w" .. spec.g, -1) > 0 then return end
  end_join(id, spec.g, join, ends)
end

-- A node has ended: what ends with it is added to `ends`.
local function go_on(id, ending, spec, ends)
  if ending.is_last or (not spec.g and ending.state ~= STATE.completed) then
    finish_workflow(id, ending.state, ending.value)
  elseif spec.g and (spec.e == ending.node or ending.state ~= STATE.completed) then
    end_member(id, ending, spec, ends)
  elseif not (spec.g and call("HEXISTS", KEY.graph .. id, "o" .. spec.g) == 1) then
    start_ranges(id, ending.node, spec, ends)
  end
end

local function end_node(id, ending, ends)
  local found = call("HMGET", KEY.graph .. id, "n" .. ending.node, "o" .. ending.node, "last")
  if not found[1] or found[2] then return end
  ending.is_last = ending.node == tonumber(found[3])
  call("HSET", KEY.graph .. id, "o" .. ending.node, item_of(ending.state, ending.value))
  go_on(id, ending, cjson.decode(found[1]), ends)
end

local function end_nodes(id, ends)
  local at = 1
  while ends[at] do
    end_node(id, ends[at], ends)
    at = at + 1
  end
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

-- Does what is left to do; what is too much for this script is left to the next.
local function pump(id)
  while room > 0 do
    local item = call("LPOP", KEY.work .. id)
    if not item then return end
    local kind, from, to, reason = string.match(item, "^(%a):(%d+):(%d+):?(.*)$")
    if kind == "x" or is_live(id) then do_work(id, kind, tonumber(from), tonumber(to), reason) end
  end
  if call("EXISTS", KEY.work .. id) == 1 then set_timer("f" .. id, now_us) end
end

local function pump_when_left(id)
  if call("EXISTS", KEY.work .. id) == 1 then pump(id) end
end

-- The graph of a workflow whose record is gone goes when nothing is left to do.
local function drop_graph(id)
  if call("EXISTS", KEY.jobs) == 1 and call("HEXISTS", KEY.jobs, id) == 1 then return end
  if call("EXISTS", KEY.work .. id) == 0 then call("UNLINK", KEY.graph .. id) end
end

-- Workflows that ended may have to make room at once.
local function drop_trimmed()
  if not next(touched) then return end
  trim_touched()
  for id in pairs(kept_graphs or {}) do drop_graph(id) end
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

local function handle_step(news)
  local id = news.id
  local found = call("HMGET", KEY.graph .. id, "n" .. news.node, "o" .. news.node, "r" .. news.node)
  if found[1] and not found[2] and tonumber(found[3]) == news.run then
    expire_named(id)
    if is_live(id) then
      local value = news.value
      if news.state ~= STATE.completed then
        if news.state == STATE.cancelled then value = cancelled_error(value) end
        if news.state == STATE.expired then value = STEP_EXPIRED end
        local task = template_of(id, cjson.decode(found[1]).t).task
        value = sub(value, 1, -2) .. ',"step":{"task":' .. cjson.encode(task) .. ',"id":' .. cjson.encode(news.job) .. "}}"
      end
      end_nodes(id, { { node = news.node, state = news.state, value = value } })
    end
  end
  pump_when_left(id)
end

local function handle_over(news)
  local id, reason = news.id, news.reason
  local found = call("HMGET", KEY.graph .. id, "phase", "last")
  if found[1] == "running" then
    call("HSET", KEY.graph .. id, "phase", "ended")
    if news.state ~= STATE.completed then
      if news.state == STATE.expired then
        reason = "its workflow expired"
      elseif news.state == STATE.failed then
        reason = "its workflow failed"
      elseif reason == "" then
        reason = "its workflow was cancelled"
      end
      call("LPUSH", KEY.work .. id, "x:0:" .. found[2] .. ":" .. reason)
      pump(id)
    end
  end
  drop_graph(id)
end

-- Acts on what this script has done. Called when no job is under way.
local function advance_workflows()
  in_root(workflow_root(), function()
    recall_kept()
    local at = 1
    while workflow_news[at] do
      local news = workflow_news[at]
      if news.kind == "step" then
        handle_step(news)
      elseif news.kind == "over" then
        handle_over(news)
      elseif news.kind == "entered" then
        begin_workflow(news.id)
      else
        pump(news.id)
        drop_graph(news.id)
      end
      at = at + 1
    end
    drop_trimmed()
  end)
  workflow_news = nil
end
