-- @include lib/record.lua
-- @include lib/outbox.lua
-- @key graph
-- @key timers
-- @key meta
-- What follows from a workflow in the slots of its tasks: errands, which whoever moved the workflow on carries out. Each
-- piece of work has a timer that stays until it is acknowledged; when that does not happen, its errands are made again.
local templates, decoded, token = {}, {}, nil
-- Timers with their times, of what this call gives out, and names of all that its errands acknowledge.
local open_timers, receipts = {}, {}
local errands, packed, mixed = {}, {}, {}
local sent_bytes = 0
-- A step with a larger body is not packed with others: that is a copy more.
local MOST_PACKED_BYTES = 16384

local function job_of_step(id, node, run)
  return id .. "." .. node .. (run == 1 and "" or "." .. run)
end

-- Workflows of one kind have the same ones.
local function decode_template(text, head)
  local both = text .. head
  if not decoded[both] then
    local made = cjson.decode(text)
    made.head = head
    made.is_plain = not made.limits and made.priority == 0 and not made.at and not made.delay and not made.ttl
    decoded[both] = made
  end
  return decoded[both]
end

local function template_of(id, number)
  local name = id .. ":" .. number
  if not templates[name] then
    local found = read_graph(id, "t" .. number, "h" .. number)
    templates[name] = decode_template(found[1], found[2])
  end
  return templates[name]
end

-- An item of work that waits for what other slots answer: s from:to were started, x from:to were cancelled; w is only a
-- reminder that work is left.
local function new_timer(id, item)
  if not token then token = as_text(call("HINCRBY", KEY.meta, "receipts", 1)) end
  local timer = "f" .. token .. ":" .. #id .. ":" .. id .. item
  open_timers[#open_timers + 1] = as_text(now_us + 1000 * ERRAND_PATIENCE_MS)
  open_timers[#open_timers + 1] = timer
  return timer
end

-- Workflow and item of a timer without its letter.
local function parse_timer(name)
  local head, size = string.match(name, "^(%d+:(%d+):)")
  local id = sub(name, #head + 1, #head + size)
  return id, sub(name, #head + size + 1)
end

local function limits_text(template, id, node, run)
  local step = '"step":{"workflow":' .. cjson.encode(id) .. ',"node":' .. node .. ',"run":' .. run .. "}}"
  return template.limits and sub(template.limits, 1, -2) .. "," .. step or "{" .. step
end

-- The first byte of a body says whether its payload is binary.
local function body_head(head, letter)
  return letter == SECTION.resultBytes and char(byte(head) + 1) .. sub(head, 2) or head
end

local function due_text(template)
  if template.at then return "@" .. as_text(template.at) end
  return template.delay and "+" .. as_text(template.delay) or ""
end

-- Errands of one piece of work, by kind and task.
local function errand_to(list, task, kind)
  local name = kind .. task
  local errand = list[name]
  if not errand then
    errand = { kind, task }
    list[name] = errand
    list[#list + 1] = errand
  end
  return errand
end

-- Adds a step: packed, or to an errand that tells all of each, as it is for those behind one that is not plain, which keep
-- their order so. `payload` is in pieces.
local function add_step(list, id, step)
  local template, job = step.template, job_of_step(id, step.node, step.run)
  local body = table.concat({ body_head(template.head, step.letter), unpack(step.payload) })
  sent_bytes = sent_bytes + #body
  local is_plain = template.is_plain and step.run == 1
  if is_plain and #body <= MOST_PACKED_BYTES and not mixed[template.task] then
    local jobs = packed[template.task] or {}
    packed[template.task] = jobs
    jobs[#jobs + 1], jobs[#jobs + 2] = job, body
    return
  end
  mixed[template.task] = true
  local errand = errand_to(list, template.task, "s")
  for _, part in ipairs({
    job, body, as_text(template.priority), due_text(template), template.ttl and as_text(template.ttl) or "",
    template.discard and "1" or "", is_plain and "" or limits_text(template, id, step.node, step.run),
  }) do errand[#errand + 1] = part end
end

local function send_errands(timer, list)
  receipts[#receipts + 1] = timer
  for _, errand in ipairs(list) do errands[#errands + 1] = { unpack(errand) } end
end

-- Plain first runs, of all workflows together: task, then id and body of each in one string, which goes on as it is.
local function pack_steps()
  local reply = {}
  for task, jobs in pairs(packed) do
    reply[#reply + 1], reply[#reply + 2] = task, cmsgpack.pack(jobs)
  end
  return reply
end
