-- What every script uses, and the store's clock, read once per script. Due times and ends are kept in microseconds, so that what was
-- stored in one millisecond keeps its order.
local call = redis.call
local sub, byte, char = string.sub, string.byte, string.char
local pack, unpack_struct = struct.pack, struct.unpack
local time = call("TIME")
local now_us = time[1] * 1000000 + time[2]
local now = math.floor(now_us / 1000)

local function as_text(number)
  return string.format("%.0f", number)
end
