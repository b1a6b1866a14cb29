-- Keeps the schemas of contracts of a task.
-- @arg most number contracts that stay, those that were told last
-- @arg items text... fingerprint, and the schemas or "" to ask whether they are here
-- @returns Buffer[]
-- @key contracts
-- @key contractTimes
-- @include lib/clock.lua
-- Reply: fingerprints whose schemas are not here.
local missing = {}
for at = items, #ARGV, 2 do
  local fingerprint, schemas = ARGV[at], ARGV[at + 1]
  if schemas ~= "" then call("HSET", KEY.contracts, fingerprint, schemas) end
  if schemas ~= "" or call("HEXISTS", KEY.contracts, fingerprint) == 1 then
    call("ZADD", KEY.contractTimes, as_text(now_us), fingerprint)
  else
    missing[#missing + 1] = fingerprint
  end
end
local excess = call("ZCARD", KEY.contractTimes) - most
if excess > 0 then
  local oldest = call("ZPOPMIN", KEY.contractTimes, excess)
  for index = 1, #oldest, 2 do call("HDEL", KEY.contracts, oldest[index]) end
end
return missing
