-- What every script uses, and the store's clock, read once per script. Due times and ends are kept in microseconds, so that what was
-- stored in one millisecond keeps its order.
local call = redis.call
local sub, byte, char = string.sub, string.byte, string.char
local pack, unpack_struct = struct.pack, struct.unpack
local time = call("TIME")
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

-- A script whose first write needs no memory may go on writing when Redis is out of memory: Redis does not
-- stop a script in the middle. This is such a write.
local function free_writes()
  call("DEL", root .. "-")
end

local function as_text(number)
  return string.format("%.0f", number)
end
