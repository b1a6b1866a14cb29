-- @include lib/record.lua
-- @include lib/outbox.lua
-- @key graph
-- @key timers
-- @key meta
-- What follows from a workflow in the slots of its tasks: errands, which whoever moved the workflow on carries out. Each
-- has a receipt, a timer that stays until it is acknowledged; when that does not happen, the errand is made again.
local templates, decoded, errands, token = {}, {}, {}, nil
local open_receipts = {}
local sent_steps, sent_bytes = 0, 0

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
    local found = call("HMGET", KEY.graph .. id, "t" .. number, "h" .. number)
    templates[name] = decode_template(found[1], found[2])
  end
  return templates[name]
end

-- An item of work that waits for what other slots answer: s from:to were started, x from:to were cancelled; w is only a
-- reminder that work is left.
local function receipt_of(id, item)
  if not token then token = as_text(call("HINCRBY", KEY.meta, "receipts", 1)) end
  local receipt = token .. ":" .. #id .. ":" .. id .. item
  open_receipts[#open_receipts + 1] = as_text(now_us + 1000 * ERRAND_PATIENCE_MS)
  open_receipts[#open_receipts + 1] = "f" .. receipt
  return receipt
end

local function parse_receipt(receipt)
  local head, size = string.match(receipt, "^(%d+:(%d+):)")
  local id = sub(receipt, #head + 1, #head + size)
  return id, sub(receipt, #head + size + 1)
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

-- Errands of one receipt, by the root of the task.
local function errand_to(list, by_root, task_root, kind)
  local errand = by_root[kind .. task_root]
  if not errand then
    errand = { kind, task_root }
    by_root[kind .. task_root] = errand
    list[#list + 1] = errand
  end
  return errand
end

-- Adds a step to an errand of plain first runs, or to one that tells all of each. `payload` is in pieces.
local function add_step(list, by_root, id, step)
  local template = step.template
  local is_plain = template.is_plain and step.run == 1
  local errand = errand_to(list, by_root, template.root, is_plain and "p" or "s")
  local at = #errand
  local body = table.concat({ body_head(template.head, step.letter), unpack(step.payload) })
  errand[at + 1], errand[at + 2] = job_of_step(id, step.node, step.run), body
  sent_steps, sent_bytes = sent_steps + 1, sent_bytes + #body
  if is_plain then return end
  errand[at + 3], errand[at + 4] = as_text(template.priority), due_text(template)
  errand[at + 5] = template.ttl and as_text(template.ttl) or ""
  errand[at + 6] = template.discard and "1" or ""
  errand[at + 7] = limits_text(template, id, step.node, step.run)
end

local function send_errands(receipt, list)
  for _, errand in ipairs(list) do
    errands[#errands + 1] = receipt
    errands[#errands + 1] = errand
  end
end
