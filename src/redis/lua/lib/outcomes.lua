-- @include lib/tell-in-parts.lua
-- @include lib/outcomes-channel.lua
-- Outcomes are gathered and go out once per script, to who asked for them.
local outcomes = {}

-- `watchers`: names by blanks.
local function tell(watchers, entry)
  noticed = true
  for watcher in string.gmatch(watchers, "%S+") do
    outcomes[watcher] = outcomes[watcher] or {}
    table.insert(outcomes[watcher], entry)
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
  for watcher, entries in pairs(outcomes) do tell_in_parts(channel_of(watcher), entries, head) end
end
