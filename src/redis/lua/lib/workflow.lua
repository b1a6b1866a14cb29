-- @include lib/cancel-job.lua
-- @include lib/other-root.lua
-- @include lib/timers.lua
-- @include lib/steps.lua
-- @include lib/workflow-root.lua
-- @rare
-- @key jobs
-- @key graph
-- @key work
-- @key delayed
-- @key ttl
-- Moves workflows on. A graph is a hash: n<i> a node, i<i> its input, o<i> its outcome as an item of a packed list, r<i> its run (negative: of the run before), w<i> members of a join that
-- have not ended, t<k> and h<k> a template and the head of its bodies; `last`, `roots`, `phase`, `begun`. What one script
-- cannot do waits in the list work:<id> for the next call that touches the workflow, or for a timer of the sweep:
-- "s" start, "x" cancel, "r" make ready again, each from:to.
-- Starting a step costs about 15 µs, and no script should take longer than 5 ms.
local PART = 200
local MOST_READ = 1000
local room = PART
local templates = {}

local function job_of_step(id, node, run)
  return id .. "." .. node .. (run == 1 and "" or "." .. run)
end

local function template_of(id, number)
  local name = id .. ":" .. number
  if not templates[name] then
    local found = call("HMGET", KEY.graph .. id, "t" .. number, "h" .. number)
    templates[name] = cjson.decode(found[1])
    templates[name].head = found[2]
  end
  return templates[name]
end

local function is_live(id)
  local raw = call("HGET", KEY.jobs, id)
  return raw and not FINAL[sub(raw, 1, 1)]
end

local function cancelled_error(reason)
  if reason == "" then reason = "no reason was given" end
  return '{"name":"CancelledError","code":"JOB_CANCELLED","message":'
    .. cjson.encode("The step was cancelled: " .. reason .. ".") .. "}"
end

local function add_work(id, items)
  for from = 1, #items, MOST_READ do
    call("RPUSH", KEY.work .. id, unpack(items, from, math.min(from + MOST_READ - 1, #items)))
  end
end

-- The job is new in its own task.
local function insert_step(step, order)
  if call("HEXISTS", KEY.jobs, step.id) == 1 then return end
  local template, flags, tail = step.template, 0, ""
  if template.ttl then flags, tail = FLAG.ttl, section(SECTION.ttl, as_text(template.ttl)) end
  if template.discard then flags = flags + FLAG.discard end
  local job = {
    id = step.id, body = step.body, priority = template.priority, flags = flags, attempt = 0, stalls = 0,
    enqueued = now, started = 0, finished = 0, tail = tail,
  }
  job.flow = cjson.decode(step.flow)
  keep_flow(job, step.flow)
  local due = template.delay and now_us + template.delay * 1000 or (template.at or 0) * 1000
  if due > now_us then
    store_job(job, TO.insert.delayed)
    call("ZADD", KEY.delayed, as_text(due + order), job.id)
    wake_when_next(KEY.delayed, { [job.id] = true })
    emit(STATE.delayed, job.id, 0, section(SECTION.delay, as_text((due - now_us) / 1000)))
  else
    store_job(job, TO.insert.waiting)
    enter_back(job)
    emit(STATE.waiting, job.id, 0, "")
  end
  if template.ttl then
    call("ZADD", KEY.ttl, as_text(now + template.ttl), job.id)
    wake_when_next(KEY.ttl, { [job.id] = true })
  end
end

local function flow_text(template, id, node, run)
  local step = '"step":{"workflow":' .. cjson.encode(id) .. ',"node":' .. node .. ',"run":' .. run .. "}}"
  return template.flow and sub(template.flow, 1, -2) .. "," .. step or "{" .. step
end

-- The first byte of a body says whether its payload is binary.
local function body_of(head, value)
  if sub(value, 1, 1) == SECTION.resultBytes then head = char(byte(head) + 1) .. sub(head, 2) end
  return head .. sub(value, 2)
end

-- Inserts lists of steps by root, roots in the order in which they came.
local function insert_steps(by_root, roots)
  for _, task_root in ipairs(roots) do
    in_root(task_root, function()
      for order, step in ipairs(by_root[task_root]) do insert_step(step, order) end
    end)
  end
end

local function add_by_root(by_root, roots, task_root, item)
  if not by_root[task_root] then
    by_root[task_root] = {}
    roots[#roots + 1] = task_root
  end
  table.insert(by_root[task_root], item)
end

local function read_nodes(id, from, to, letters)
  local fields = {}
  for node = from, to do
    for at = 1, #letters do fields[#fields + 1] = sub(letters, at, at) .. node end
  end
  return call("HMGET", KEY.graph .. id, unpack(fields))
end

-- A result without its letter is none; what did not complete has its error and the letter of its state, raised.
local function item_of(state, value)
  if state ~= STATE.completed then return string.upper(state) .. pack("<I4", #value) .. value end
  if #value < 2 then return "U" .. pack("<I4", 0) end
  return sub(value, 1, 1) .. pack("<I4", #value - 1) .. sub(value, 2)
end

local function is_completed(outcome)
  local letter = sub(outcome, 1, 1)
  return letter == SECTION.resultText or letter == SECTION.resultBytes or letter == "U"
end

local function value_of(id, node)
  local outcome = node and call("HGET", KEY.graph .. id, "o" .. node)
  if not outcome or sub(outcome, 1, 1) == "U" then return "" end
  return sub(outcome, 1, 1) .. sub(outcome, 6)
end

-- State and value of a join whose members have ended.
local function join_value(id, spec)
  local parts, bytes, fields = {}, 0, {}
  for _, range in ipairs(spec.m or {}) do
    for node = range[1], range[2] do fields[#fields + 1] = "o" .. node end
  end
  for from = 1, #fields, MOST_READ do
    local to = math.min(from + MOST_READ - 1, #fields)
    local part = table.concat(call("HMGET", KEY.graph .. id, unpack(fields, from, to)))
    bytes = bytes + #part
    if bytes > MAX_LIST_BYTES then return STATE.failed, LIST_TOO_LARGE end
    parts[#parts + 1] = part
  end
  local head = PACKED_MARK .. (spec.c and "s" or "l") .. pack("<I4", #fields)
  return STATE.completed, SECTION.resultBytes .. head .. table.concat(parts)
end

-- Starts nodes that have not been started. Joins without members are added to `ends`.
local function start_nodes(id, from, to, ends)
  local found = read_nodes(id, from, to, "nori")
  local by_root, roots, runs = {}, {}, {}
  local before, before_value
  for node = from, to do
    local at = (node - from) * 4
    local text, run = found[at + 1], tonumber(found[at + 3] or "0")
    if text and not found[at + 2] and run <= 0 then
      local spec = cjson.decode(text)
      if not spec.t then
        local state, value = join_value(id, spec)
        ends[#ends + 1] = { node = node, state = state, value = value }
      else
        run = 1 - run
        runs[#runs + 1], runs[#runs + 2] = "r" .. node, run
        local value = found[at + 4]
        if not value then
          if before ~= spec.a then before, before_value = spec.a, value_of(id, spec.a) end
          value = before_value or ""
        end
        local template = template_of(id, spec.t)
        add_by_root(by_root, roots, template.root, {
          id = job_of_step(id, node, run), template = template, body = body_of(template.head, value),
          flow = flow_text(template, id, node, run),
        })
      end
    end
  end
  if #runs > 0 then call("HSET", KEY.graph .. id, unpack(runs)) end
  insert_steps(by_root, roots)
end

-- Followers of a node: a single one goes on at once, many in parts.
local function start_ranges(id, ranges, ends)
  local first = ranges[1]
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
  if job.state == STATE.delayed then call("ZREM", KEY.delayed, id) else leave_waiting(job) end
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
  local state, value = join_value(id, join)
  ends[#ends + 1] = { node = spec.g, state = state, value = value }
end

-- Ends a node; what ends with it is added to `ends`.
local function end_node(id, ending, ends)
  local found = call("HMGET", KEY.graph .. id, "n" .. ending.node, "o" .. ending.node, "last")
  if not found[1] or found[2] then return end
  local spec = cjson.decode(found[1])
  call("HSET", KEY.graph .. id, "o" .. ending.node, item_of(ending.state, ending.value))
  if ending.node == tonumber(found[3]) or (not spec.g and ending.state ~= STATE.completed) then
    finish_workflow(id, ending.state, ending.value)
  elseif spec.g and (spec.e == ending.node or ending.state ~= STATE.completed) then
    end_member(id, ending, spec, ends)
  elseif not (spec.g and call("HEXISTS", KEY.graph .. id, "o" .. spec.g) == 1) then
    start_ranges(id, spec.n, ends)
  end
end

local function end_nodes(id, ends)
  local at = 1
  while ends[at] do
    end_node(id, ends[at], ends)
    at = at + 1
  end
end

-- Whether a node that did not complete is needed: not when what follows has an outcome all the same.
local function is_needed(id, node, spec)
  local follower = spec.g
  if spec.n then follower = spec.n[1][1] end
  return not follower or call("HEXISTS", KEY.graph .. id, "o" .. follower) == 0
end

local function has_completed(id, node)
  local outcome = call("HGET", KEY.graph .. id, "o" .. node)
  return outcome and is_completed(outcome)
end

local function count_open(id, spec)
  local open = 0
  for _, range in ipairs(spec.m or {}) do
    for from = range[1], range[2], MOST_READ do
      for _, outcome in ipairs(read_nodes(id, from, math.min(from + MOST_READ - 1, range[2]), "o")) do
        if not outcome or not is_completed(outcome) then open = open + 1 end
      end
    end
  end
  return open
end

-- Undoes a node that did not complete. Returns whether it can start.
local function reset_node(id, node, spec)
  if not is_needed(id, node, spec) then return false end
  local key = KEY.graph .. id
  local run = tonumber(call("HGET", key, "r" .. node) or "0")
  if run > 0 then call("HSET", key, "r" .. node, -run) end
  call("HDEL", key, "o" .. node)
  local open = 0
  if not spec.t then
    open = count_open(id, spec)
    call("HSET", key, "w" .. node, open)
  end
  return open == 0 and (not spec.a or has_completed(id, spec.a))
end

-- From the last node to the first, so that what follows a node is known.
local function reset_nodes(id, from, to)
  local found = read_nodes(id, from, to, "no")
  local ready = {}
  for node = to, from, -1 do
    local at = (node - from) * 2
    local outcome = found[at + 2]
    if found[at + 1] and not (outcome and is_completed(outcome)) then
      if reset_node(id, node, cjson.decode(found[at + 1])) then
        local last = ready[#ready]
        if last and last[1] == node + 1 then last[1] = node else ready[#ready + 1] = { node, node } end
      end
    end
  end
  local items = {}
  for index = #ready, 1, -1 do items[#items + 1] = "s:" .. ready[index][1] .. ":" .. ready[index][2] end
  add_work(id, items)
end

-- One item of what is left to do, or as much of it as this script may.
local function do_work(id, kind, from, to, reason)
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

local function begin_workflow(id)
  local job = load_job(id)
  if not job or FINAL[job.state] then return end
  local found = call("HMGET", KEY.graph .. id, "last", "roots", "phase")
  if not found[2] or tonumber(found[1]) + 1 ~= flow_of(job).workflow.nodes then
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
  end)
  workflow_news = nil
end
