-- @include lib/forget.lua
-- @include lib/retention.lua
-- @include lib/final-key.lua
-- @include lib/past.lua
-- @key completed
-- @key meta
local MOST_TRIMMED = 1000

-- The oldest ids beyond the number to keep leave the index; at most 1 000 of them.
local function pop_oldest(state, count)
  if state ~= STATE.completed then
    local oldest = call("ZRANGE", final_key(state), 0, count - 1)
    call("ZREMRANGEBYRANK", final_key(state), 0, count - 1)
    count_past(state, #oldest)
    return oldest
  end
  call("HINCRBY", KEY.meta, "completed", count)
  return call("LPOP", KEY.completed, count)
end

local function trim(state)
  if not kept[state] then return 0 end
  local count = state == STATE.completed and call("LLEN", KEY.completed) or call("ZCARD", final_key(state))
  local excess = math.min(count - kept[state], MOST_TRIMMED)
  if excess <= 0 then return 0 end
  forget(pop_oldest(state, excess))
  return excess
end

local function trim_touched()
  for state in pairs(touched) do trim(state) end
  touched = {}
end
