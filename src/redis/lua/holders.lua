-- Tells which jobs hold keys.
-- @arg items text... key
-- @returns Buffer[]
-- @include lib/limits-keys.lua
-- @key jobs
-- @key active
-- @key ttl
-- @key unique
-- Reply: an id per key, "" where nobody holds it.
local function is_over(id)
  if call("HEXISTS", KEY.jobs, id) == 0 then return true end
  local score = call("ZSCORE", KEY.ttl, id)
  return score and tonumber(score) <= now and call("HEXISTS", KEY.active, id) == 0
end

local function unique_holder(key)
  local id = call("HGET", KEY.unique, key)
  if id and not is_over(id) then return id end
end

-- A key that expires never, of a job that is gone, was left behind by a record that could not be read.
local function idempotent_holder(key)
  local _, id = read_idempotent(key)
  if not id then return nil end
  if call("HEXISTS", KEY.jobs, id) == 0 and call("PTTL", KEY.idempotent .. key) == -1 then return nil end
  return id
end

local holders = {}
for at = items, #ARGV do
  holders[#holders + 1] = unique_holder(ARGV[at]) or idempotent_holder(ARGV[at]) or ""
end
return holders
