-- @include lib/other-root.lua
-- @include lib/due.lua
-- @include lib/known-task.lua
-- @rare
-- @key jobs
-- @key graph
-- @key delayed
-- @key ttl
-- Jobs that run the steps of a workflow.
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

-- As `store_job`, for a body in pieces: one copy less of what may be large.
local function store_step(job, state, payload)
  local size, pieces = #job.body, { "", job.body, unpack(payload) }
  for _, piece in ipairs(payload) do size = size + #piece end
  pieces[1] = pack(HEAD_FORMAT, state, job.flags, 0, 0, job.priority, now, 0, 0, size)
  pieces[#pieces + 1] = job.tail
  job.state = state
  call("HSET", KEY.jobs, job.id, table.concat(pieces))
end

-- The job is new in its own task. The head of its body stands for the body.
local function insert_step(step, order)
  if call("HEXISTS", KEY.jobs, step.id) == 1 then return end
  local template, flags, tail = step.template, 0, ""
  if template.ttl then flags, tail = FLAG.ttl, section(SECTION.ttl, as_text(template.ttl)) end
  if template.discard then flags = flags + FLAG.discard end
  local job = {
    id = step.id, body = step.head, priority = template.priority, flags = flags, attempt = 0, tail = tail,
  }
  job.limits = cjson.decode(step.limits)
  keep_limits(job, step.limits)
  local due = template.delay and now_us + template.delay * 1000 or (template.at or 0) * 1000
  if due > now_us then
    store_step(job, TO.insert.delayed, step.payload)
    call("ZADD", KEY.delayed, as_text(due + order), job.id)
    if wake_when_next(KEY.delayed, { [job.id] = true }) then tell_due() end
    emit(STATE.delayed, job.id, 0, section(SECTION.delay, as_text((due - now_us) / 1000)))
  else
    store_step(job, TO.insert.waiting, step.payload)
    enter_back(job)
    emit(STATE.waiting, job.id, 0, "")
  end
  if template.ttl then
    call("ZADD", KEY.ttl, as_text(now + template.ttl), job.id)
    if wake_when_next(KEY.ttl, { [job.id] = true }) then tell_due() end
  end
end

local function limits_text(template, id, node, run)
  local step = '"step":{"workflow":' .. cjson.encode(id) .. ',"node":' .. node .. ',"run":' .. run .. "}}"
  return template.limits and sub(template.limits, 1, -2) .. "," .. step or "{" .. step
end

-- The first byte of a body says whether its payload is binary.
local function body_head(head, letter)
  return letter == SECTION.resultBytes and char(byte(head) + 1) .. sub(head, 2) or head
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
