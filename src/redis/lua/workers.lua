-- One stretch of the workers that live.
-- @arg cursor text "0" at first
-- @returns readonly [cursor: Buffer, now: Buffer, said: (Buffer | null)[]]
-- @oom allowed
-- @include lib/clock.lua
-- @key announced
-- @key announcements
-- @key seen
-- @key vitals
-- Reply: the worker, what it announced, when it was seen and its vitals, in turns; the cursor is "0" on the last stretch.
local page = call("HSCAN", KEY.announcements, cursor, "COUNT", 100)
local said = {}
for index = 1, #page[2], 2 do
  local worker = page[2][index]
  local ends = call("ZSCORE", KEY.announced, worker)
  if ends and tonumber(ends) > now then
    said[#said + 1] = worker
    said[#said + 1] = page[2][index + 1]
    said[#said + 1] = call("HGET", KEY.seen, worker)
    said[#said + 1] = call("HGET", KEY.vitals, worker)
  end
end
return { page[1], as_text(now), said }
