-- @include lib/tell-in-parts.lua
-- @include lib/record.lua
-- Outcomes are gathered and go out once per script, to who asked for them.
local outcomes = {}

local function tell(channels, entry)
  noticed = true
  for channel in string.gmatch(channels, "%S+") do
    outcomes[channel] = outcomes[channel] or {}
    table.insert(outcomes[channel], entry)
  end
end

-- A large result is left out where it can be read: `is_kept` says that the job stays.
local function outcome_entry(id, state, attempt, sections, is_kept)
  if is_kept and #sections > MOST_TOLD_BYTES then sections = section(SECTION.omitted, "") end
  return notice(state, id, attempt, sections)
end

-- Whoever wants the outcome of a job hears it once.
local function tell_watchers(job, state, sections, is_kept)
  if job.watchers == "" then return end
  tell(job.watchers, outcome_entry(job.id, state, job.attempt, sections, is_kept))
  job.watchers = ""
end

local function publish_outcomes()
  local head = pack("<H", #root) .. root
  for channel, entries in pairs(outcomes) do tell_in_parts(channel, entries, head) end
end
