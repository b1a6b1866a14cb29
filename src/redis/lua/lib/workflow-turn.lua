-- @include lib/workflow-work.lua
-- @key graph
-- @key work
-- @key outbox
-- @key timers
-- What has happened to a workflow: a step of it ended, its own job began or ended, an errand was not acknowledged.
-- Does what is left to do; what is too much for this script is left to the next.
local function pump(id)
  with_work[id] = nil
  local work, reminder = KEY.work .. id, "f0:" .. #id .. ":" .. id .. "w"
  if call("EXISTS", work) == 0 then return end
  while room > 0 and sent_bytes < PART_BYTES do
    local item = call("LPOP", work)
    if not item then
      call("ZREM", KEY.timers, reminder)
      if not is_live(id) then drop_graph(id, true) end
      return
    end
    local kind, from, to, reason = string.match(item, "^(%a):(%d+):(%d+):?(.*)$")
    if string.find("jrb", kind, 1, true) and is_live(id) then
      call("LPUSH", work, item)
      wide[#wide + 1] = id
      break
    end
    if kind == "x" or is_live(id) then do_work(id, kind, tonumber(from), tonumber(to), reason) end
  end
  if call("EXISTS", work) == 1 then
    call("ZADD", KEY.timers, as_text(now_us + 1000 * ERRAND_PATIENCE_MS), reminder)
    more[#more + 1] = id
  end
end

-- The step's job, whose end the outbox of its task tells, is the one that counts.
local function handle_step(id, news)
  local node = news.node
  local found = read_graph(id, "n" .. node, "o" .. node, "last", "r" .. node, "again")
  if found[5] and now - tonumber(found[5]) < REPEATS_MS then late[#late + 1] = news.job end
  if not found[1] or found[2] or tonumber(found[4]) ~= news.run then return end
  if not is_live(id) then return end
  local value, spec = news.value, decode_spec(found[1])
  if news.state ~= STATE.completed then
    if news.state == STATE.cancelled then value = cancelled_error(value) end
    if news.state == STATE.expired then value = STEP_EXPIRED end
    local task = template_of(id, spec.t).task
    value = sub(value, 1, -2) .. ',"step":{"task":' .. cjson.encode(task) .. ',"id":' .. cjson.encode(news.job) .. "}}"
  end
  end_nodes(id, { { node = node, state = news.state, value = value, found = found, spec = spec } })
  -- What it cancels is cancelled by it, and not by what is told next.
  if with_work[id] then pump(id) end
end

local function begin_workflow(id)
  local job = open_job(id)
  if not job then return end
  local found = read_graph(id, "last", "roots", "phase")
  if not found[2] or tonumber(found[1]) + 1 ~= limits_of(job).workflow.nodes then
    return finish_workflow(id, STATE.failed, GRAPH_MISSING)
  end
  if found[3] == "running" then return end
  call("PERSIST", KEY.graph .. id)
  local items = { "r:0:" .. found[1] }
  write_graph(id, "phase", "running")
  if not found[3] then
    write_graph(id, "begun", as_text(now))
    items = {}
    for _, range in ipairs(cjson.decode(found[2])) do items[#items + 1] = "s:" .. range[1] .. ":" .. range[2] end
    if #items == 0 then items[1] = "b:" .. found[1] + 1 .. ":0" end
  end
  add_work(id, items)
  pump(id)
end

local OVER = { [STATE.expired] = "its workflow expired", [STATE.failed] = "its workflow failed" }
local function handle_over(id, state, reason)
  local found = read_graph(id, "phase", "last")
  local has_errands = false
  if found[1] == "running" then
    write_graph(id, "phase", "ended")
    if state ~= STATE.completed then
      reason = OVER[state] or reason ~= "" and reason or "its workflow was cancelled"
      -- Behind what failed groups cancel, which have a reason of their own; steps are not started any more.
      call("RPUSH", KEY.work .. id, "x:0:" .. found[2] .. ":" .. reason)
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

-- Errands were not acknowledged in time: they are made again, when they still matter.
local function send_again(name)
  local timer = "f" .. name
  if not call("ZSCORE", KEY.timers, timer) then return end
  local id, item = parse_timer(name)
  if item == "w" then return pump(id) end
  local kind, from, to, reason = string.match(item, "^(%a):(%d+):(%d+):?(.*)$")
  local sent = 0
  if kind == "x" then
    sent = cancel_nodes(id, tonumber(from), tonumber(to), reason, timer)
  elseif is_live(id) then
    sent = start_nodes(id, tonumber(from), tonumber(to), {}, timer)
  end
  if sent == 0 then return call("ZREM", KEY.timers, timer) end
  write_graph(id, "again", as_text(now))
end
