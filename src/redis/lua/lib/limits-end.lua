-- @include lib/job.lua
-- @include lib/limits-record.lua
-- @include lib/free-keys.lua
-- @include lib/news.lua
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

local function workflow_over(job, state, sections)
  local reason = find_section(sections, SECTION.reason) or ""
  put_news("<" .. job.id, state, { workflow = job.id, node = 0, run = 0 }, reason)
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
  put_news(job.id, state, step, value)
end

-- The job is over: final, discarded or removed. `sections` say how.
local function limits_end(job, state, sections)
  local limits = limits_of(job)
  free_keys(job, limits)
  if limits.workflow then workflow_over(job, state, sections) end
  if limits.step then step_over(job, limits.step, state, sections) end
end
