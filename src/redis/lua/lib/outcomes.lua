-- @include lib/notice.lua
-- @include lib/told.lua
-- @key watchers
-- Outcomes are gathered and go out once per script, to who asked for them.
local MOST_TOLD_BYTES = 65536
local outcomes, watched = {}, nil
-- Whether there is something to publish at the end.
local noticed = false

local function watchers_of(id)
  if watched then return watched[id] end
  return call("HGET", KEY.watchers, id)
end

local function tell(channel, entry)
  noticed = true
  local entries = outcomes[channel]
  if not entries then
    entries = {}
    outcomes[channel] = entries
  end
  entries[#entries + 1] = entry
end

-- A large result is left out where it can be read: `is_kept` says that the job stays.
local function outcome_entry(id, state, attempt, sections, is_kept)
  if is_kept and #sections > MOST_TOLD_BYTES then sections = section(SECTION.omitted, "") end
  return notice(state, id, attempt, sections)
end

local function tell_watchers(id, state, attempt, sections, is_kept)
  local channels = watchers_of(id)
  if not channels then return end
  call("HDEL", KEY.watchers, id)
  local entry = outcome_entry(id, state, attempt, sections, is_kept)
  for channel in string.gmatch(channels, "%S+") do tell(channel, entry) end
end

-- What has a head is for a channel of no task.
local function tell_in_parts(channel, entries, head)
  local from, size = 1, 0
  for index, entry in ipairs(entries) do
    size = size + #entry
    if size > 4 * MOST_TOLD_BYTES or index == #entries then
      call(head == "" and spread or "PUBLISH", channel, head .. table.concat(entries, "", from, index))
      from, size = index + 1, 0
    end
  end
end

local function publish_outcomes()
  local head = pack("<H", #root) .. root
  for channel, entries in pairs(outcomes) do tell_in_parts(channel, entries, head) end
end
