-- @include lib/record.lua
-- Who wants the outcome of a job stands behind the body in its record, and goes into its claim, so that whoever ends the job
-- has it at hand.

-- The section that says so, "" where there is none, and where the others begin.
local function watchers_in(raw)
  local at = HEAD_BYTES + 1 + unpack_struct("<I4", raw, HEAD_BYTES - 3)
  if byte(raw, 2) < FLAG.watched or #raw < at + 4 then return "", at end
  local ends = at + 5 + unpack_struct("<I4", raw, at + 1)
  return sub(raw, at, ends - 1), ends
end

local function watchers_section(channels)
  return channels == "" and "" or section(SECTION.watchers, channels)
end
