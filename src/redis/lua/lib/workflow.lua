-- @include lib/end-expired.lua
-- @include lib/keeping.lua
-- @include lib/outbox.lua
-- @include lib/workflow-lists.lua
-- @include lib/workflow-steps.lua
-- @key jobs
-- @key graph
-- @key work
-- @key outbox
-- @key timers
-- @key delayed
-- @key parked
-- @key ttl
-- Moves workflows on. A graph is a hash: n<i> a node, i<i> its input, o<i> its outcome as an item of a packed list,
-- r<i> its run (negative: of the run before); of a join w<i> members that have not ended, m<i>.<k> the k-th thousand of
-- them, p<i>.<k> what those gave; b<i>.<k> what starts behind a node, where that is much (i = last + 1: at the beginning);
-- t<k> and h<k> a template and the head of its bodies; `last`, `roots`, `phase`, `begun`; `again` when an errand of it was
-- made again, ms.
-- What one call cannot do waits in the list work:<id> for the next that touches the workflow: "s" start, "x" cancel, "r"
-- make ready again, each from:to; "b" start what is behind a node, "j" gather a join's list, both node:k; "d" go on behind
-- a join that has it, "l" fail one whose list is too large. "j", "r" and "b" are done by `prepare-graph`.
-- Starting a step costs about 20 µs, reading a thousand outcomes 1 ms, each copy of a MB 1 ms, since Redis hashes every
-- string that Lua makes; no script should take longer than 5 ms.
local PART, PART_BYTES = 100, 1048576
local room = PART
local live = {}
-- Workflows whose own job's entries, or whose work, this script has to look at.
local own, with_work = {}, {}
-- Workflows with work left, those for which `prepare-graph` comes first, and jobs of steps whose errands were made again lately: such a job must not be inserted once
-- more when it has ended.
local more, late, wide = {}, {}, {}
local REPEATS_MS = 90000

-- No worker claims a workflow's own job: it is delayed or parked.
local function leave_own(job)
  call("ZREM", job.state == STATE.delayed and KEY.delayed or KEY.parked, job.id)
  drop_ttl(job)
end

local function expire_own(id)
  local expires = tonumber(call("ZSCORE", KEY.ttl, id) or "inf")
  local job = expires <= now and load_job(id)
  if not job or not GUARD.expire[job.state] then return end
  leave_own(job)
  end_expired(job, expires)
end

-- A node as it was laid out. Workflows of one kind have the same ones.
local specs_of = {}
local function decode_spec(text)
  specs_of[text] = specs_of[text] or cjson.decode(text)
  return specs_of[text]
end

local function is_live(id)
  if live[id] == nil then
    local raw = call("HGET", KEY.jobs, id)
    if raw and byte(raw, 2) % 2 == FLAG.ttl then
      recall_kept()
      expire_own(id)
      own[id] = true
      raw = call("HGET", KEY.jobs, id)
    end
    live[id] = raw and not FINAL[sub(raw, 1, 1)]
  end
  return live[id]
end

local function too_large(node)
  return { node = node, state = STATE.failed, value = LIST_TOO_LARGE }
end

local function add_work(id, items)
  with_work[id] = true
  for from = 1, #items, 1000 do
    call("RPUSH", KEY.work .. id, unpack(items, from, math.min(from + 999, #items)))
  end
end

-- The members of a join have ended. A long list is gathered by and by.
local function end_join(id, node, spec, ends)
  if last_thousand(spec) > 0 then
    with_work[id] = true
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

-- What a step is given: a letter and pieces. `before` keeps what the node before gave, for the next step.
local function payload_of(id, spec, input, before)
  if input then return sub(input, 1, 1), { sub(input, 2) } end
  if before.node ~= spec.a then
    before.node = spec.a
    before.letter, before.pieces = value_of(id, spec.a)
  end
  return before.letter or "", before.pieces or {}
end

-- Sends the steps among the nodes that have a run and no outcome: those of `runs`, or all when the errand is made again.
local function send_steps(id, timer, from, found, specs, before)
  local list = {}
  for _, node in ipairs(specs) do
    local spec = specs.by_node[node]
    local letter, payload = payload_of(id, spec, found[(node - from) * 4 + 4], before)
    add_step(list, id, {
      node = node, run = specs.runs[node], template = template_of(id, spec.t), letter = letter, payload = payload,
    })
  end
  send_errands(timer or new_timer(id, "s:" .. from .. ":" .. specs[#specs]), list)
end

-- Starts nodes that have not been started. Joins without members are added to `ends`. With a timer: sends again what has
-- not ended. `before`: what the node before gave, where that is at hand.
local function start_nodes(id, from, to, ends, timer, before)
  local found = read_nodes(id, from, to, "nori")
  local specs, fields = { by_node = {}, runs = {} }, {}
  for node = from, to do
    local at = (node - from) * 4
    local text, run = found[at + 1], tonumber(found[at + 3] or "0")
    if text and not found[at + 2] and (run <= 0) == (timer == nil) then
      local spec = decode_spec(text)
      if spec.t then
        if not timer then
          run = 1 - run
          fields[#fields + 1], fields[#fields + 2] = "r" .. node, run
        end
        specs[#specs + 1], specs.by_node[node], specs.runs[node] = node, spec, run
      elseif not timer then
        end_join(id, node, spec, ends)
      end
    end
  end
  if #fields > 0 then write_graph(id, unpack(fields)) end
  if #specs > 0 then send_steps(id, timer, from, found, specs, before or {}) end
  return #specs
end

-- Followers of a node: a single one goes on at once, many in parts.
local function start_ranges(id, ending, spec, ends)
  local node = ending.node
  if spec.b then return add_work(id, { "b:" .. node .. ":0" }) end
  local ranges, first = spec.n, spec.n[1]
  if #ranges == 1 and first[1] == first[2] then
    local value = ending.value
    local before = value and { node = node, letter = sub(value, 1, 1), pieces = { sub(value, 2) } }
    return start_nodes(id, first[1], first[2], ends, nil, before)
  end
  local items = {}
  for index, range in ipairs(ranges) do items[index] = "s:" .. range[1] .. ":" .. range[2] end
  add_work(id, items)
end

-- The workflow's own job, unless it has ended.
local function open_job(id)
  local job = load_job(id)
  return job and not FINAL[job.state] and job
end

-- Ends the workflow's own job, which no worker has claimed.
local function finish_workflow(id, state, value)
  local job = open_job(id)
  if not job then return end
  recall_kept()
  own[id] = true
  leave_own(job)
  if job.state == STATE.delayed then emit(STATE.waiting, id, 0, "") end
  job.attempt = 1
  job.started = tonumber(call("HGET", KEY.graph .. id, "begun") or as_text(now))
  if state == STATE.completed then
    finish(job, TO.complete.completed, value)
  else
    finish(job, TO.fail.failed, section(SECTION.error, value))
  end
  live[id] = false
end

-- What groups that have failed cancel, the innermost first.
local cancels = {}

-- A member of a join has ended, or cannot any more.
local function end_member(id, ending, spec, ends)
  local found = read_graph(id, "n" .. spec.g, "o" .. spec.g)
  if found[2] then return end
  local join
  if ending.state ~= STATE.completed then
    join = cjson.decode(found[1])
    if not join.c then
      with_work[id] = true
      cancels[#cancels + 1] = "x:" .. join.f .. ":" .. (spec.g - 1) .. ":another step of the group failed"
      ends[#ends + 1] = { node = spec.g, state = ending.state, value = ending.value }
      return
    end
    write_graph(id, "o" .. spec.e, item_of(ending.state, ending.value))
  end
  if call("HINCRBY", KEY.graph .. id, "w" .. spec.g, -1) > 0 then return end
  end_join(id, spec.g, join or cjson.decode(found[1]), ends)
end

-- A node has ended: what ends with it is added to `ends`.
local function go_on(id, ending, spec, ends)
  if ending.is_last or (not spec.g and ending.state ~= STATE.completed) then
    finish_workflow(id, ending.state, ending.value)
  elseif spec.g and (spec.e == ending.node or ending.state ~= STATE.completed) then
    end_member(id, ending, spec, ends)
  elseif not (spec.g and call("HEXISTS", KEY.graph .. id, "o" .. spec.g) == 1) then
    start_ranges(id, ending, spec, ends)
  end
end

local function end_node(id, ending, ends)
  local found = ending.found or read_graph(id, "n" .. ending.node, "o" .. ending.node, "last")
  if not found[1] or found[2] then return end
  ending.is_last = ending.node == tonumber(found[3])
  write_graph(id, "o" .. ending.node, item_of(ending.state, ending.value))
  go_on(id, ending, ending.spec or decode_spec(found[1]), ends)
end

local function end_nodes(id, ends)
  local at = 1
  while ends[at] do
    end_node(id, ends[at], ends)
    at = at + 1
  end
  for index = #cancels, 1, -1 do call("LPUSH", KEY.work .. id, cancels[index]) end
  cancels = {}
end
