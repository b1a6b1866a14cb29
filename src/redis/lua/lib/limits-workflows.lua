-- @include lib/job.lua
-- @include lib/queue.lua
-- @include lib/outbox.lua
-- @include lib/step-entry.lua
-- @rare
-- @key parked
-- @key meta
-- @key outbox
-- @key timers
-- A workflow's own job and its steps. What becomes of them is put into the outbox of their slot, in the atomic step in
-- which it happens; whoever is told of it moves the workflow on, and acknowledges the entry then.
-- The entry of a workflow's own job has no run; it is under ">" and the id when it has entered, under "<" and the id when it
-- is over.

local function put_into_outbox(id, entry)
  call("HSET", KEY.outbox, id, entry)
  tell_outbox(id, entry)
end

-- No worker runs a workflow, so its job is parked until the last step ends it.
local function enter_workflow(job)
  call("ZADD", KEY.parked, band_score(job.priority, call("HINCRBY", KEY.meta, "tail", 1)), job.id)
  put_into_outbox(">" .. job.id, outbox_entry(STATE.waiting, { workflow = job.id, node = 0, run = 0 }, ""))
end

local function workflow_over(job, state, sections)
  local reason = find_section(sections, SECTION.reason) or ""
  put_into_outbox("<" .. job.id, outbox_entry(state, { workflow = job.id, node = 0, run = 0 }, reason))
end

-- A result with its letter, which is last.
local function result_in(sections)
  local at = 1
  while at <= #sections do
    local letter = sub(sections, at, at)
    if letter == SECTION.resultText or letter == SECTION.resultBytes then return sub(sections, at) end
    at = at + 5 + unpack_struct("<I4", sections, at + 1)
  end
  return ""
end

local function step_over(job, step, state, sections)
  local value
  if state == STATE.completed then
    value = result_in(sections)
  elseif state == STATE.failed then
    value = find_section(sections, SECTION.error)
  else
    value = find_section(sections, SECTION.reason) or ""
  end
  put_into_outbox(job.id, outbox_entry(state, step, value))
end

-- The timer is kept until it is acknowledged.
local function remind_of(receipt)
  call("ZADD", KEY.timers, as_text(now_us + 1000 * ERRAND_PATIENCE_MS), "f" .. receipt)
  reminders[#reminders + 1] = receipt
end
