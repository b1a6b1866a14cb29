-- One stretch of the announcements that live.
-- @arg cursor text "0" at first
-- @returns readonly [cursor: Buffer, said: Buffer[]]
-- @oom allowed
-- @include lib/clock.lua
-- @key announced
-- @key announcements
-- Reply: the worker and what it said, in turns; the cursor is "0" on the last stretch.
local page = call("HSCAN", KEY.announcements, cursor, "COUNT", 100)
local said = {}
for index = 1, #page[2], 2 do
  local ends = call("ZSCORE", KEY.announced, page[2][index])
  if ends and tonumber(ends) > now then
    said[#said + 1] = page[2][index]
    said[#said + 1] = page[2][index + 1]
  end
end
return { page[1], said }
