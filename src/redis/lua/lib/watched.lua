-- @include lib/clock.lua
-- Who wants the outcome of a job stands behind the body in its record, and goes into its claim, so that whoever ends the job
-- has it at hand.

-- Names of the processes, "" where there are none, and where the sections behind them begin.
local function watchers_in(raw)
  local at = HEAD_BYTES + 1 + unpack_struct("<I4", raw, HEAD_BYTES - 3)
  if byte(raw, 2) < FLAG.watched or #raw < at + 4 then return "", at end
  local ends = at + 5 + unpack_struct("<I4", raw, at + 1)
  return sub(raw, at + 5, ends - 1), ends
end
