-- @include lib/clock.lua
-- What is told of a job: an event, or its outcome.
local function notice(kind, id, attempt, sections)
  return pack("<c1I6HHI4", kind, now, attempt, #id, #sections) .. id .. sections
end
