-- One stretch of the numbers of a task, oldest first.
-- @arg is_minute number 1: by the minute, 0: by ten minutes
-- @arg from number of ms: spans that begin then or later
-- @arg to number of ms: spans that begin before
-- @arg kept number ms
-- @arg most number spans in all
-- @returns readonly [next: number, spans: (number | Buffer[])[]]
-- @oom allowed
-- @include lib/clock.lua
-- @key minutes
-- @key tenMinutes
-- Reply: from where the next stretch goes on, -1 when there is none; of each span that holds something when it began, in ms,
-- and its names and numbers in turns.
local STRETCH = 60
local length = is_minute == 1 and 60000 or 600000
local key = is_minute == 1 and KEY.minutes or KEY.tenMinutes
local last = math.ceil(math.min(to, now + 1) / length) - 1
local first = math.max(math.ceil(from / length), last - most + 1, math.ceil((now - kept) / length))
local spans = {}
for span = first, math.min(last, first + STRETCH - 1) do
  local numbers = call("HGETALL", key .. as_text(span))
  if #numbers > 0 then
    spans[#spans + 1] = span * length
    spans[#spans + 1] = numbers
  end
end
return { first + STRETCH <= last and (first + STRETCH) * length or -1, spans }
