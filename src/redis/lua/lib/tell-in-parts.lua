-- @include lib/notice.lua
-- @include lib/told.lua
local MOST_TOLD_BYTES = 65536
-- Whether there is something to publish at the end.
local noticed = false

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
