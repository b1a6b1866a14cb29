-- @include lib/job.lua
-- @include lib/queue.lua
-- @include lib/steps.lua
-- @rare
-- @key aside
-- @key meta
-- A workflow's own job and its steps: hooks only write down what happened.
local function add_news(news)
  workflow_news = workflow_news or {}
  workflow_news[#workflow_news + 1] = news
end

-- No worker runs a workflow, so its job stands aside until the last step ends it.
local function enter_workflow(job)
  call("ZADD", KEY.aside, band_score(job.priority, call("HINCRBY", KEY.meta, "tail", 1)), job.id)
  add_news({ kind = "entered", id = job.id })
end

local function workflow_over(job, state, sections)
  kept_graphs = kept_graphs or {}
  kept_graphs[job.id] = true
  add_news({ kind = "over", id = job.id, state = state, reason = find_section(sections, SECTION.reason) or "" })
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
  add_news({
    kind = "step", id = step.workflow, node = step.node, run = step.run, state = state, value = value, job = job.id,
  })
end
