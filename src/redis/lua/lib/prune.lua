-- @include lib/finish.lua
-- @rare
-- Deletes finished jobs by age, oldest first, at most `limit` per state.
local function prune_sorted(state, age_ms, limit)
  local key = final_key(state)
  local old = call("ZRANGE", key, "-inf", as_text((now - age_ms) * 1000 + 999), "BYSCORE", "LIMIT", 0, limit)
  if #old == 0 then return 0 end
  call("ZREM", key, unpack(old))
  forget(old)
  return #old
end

local function finished_at(id)
  local ending = call("HGET", KEY.done, id)
  if ending then return unpack_struct("<I6", ending, 7) end
  local raw = call("HGET", KEY.jobs, id)
  if not raw or not is_readable(raw) then return 0 end
  return unpack_struct("<I6", raw, 20)
end

local function prune_completed(age_ms, limit)
  local old = 0
  local ids = call("LRANGE", KEY.completed, 0, limit - 1)
  while old < #ids and finished_at(ids[old + 1]) <= now - age_ms do old = old + 1 end
  if old > 0 then forget(pop_oldest(STATE.completed, old)) end
  return old
end

local function prune_by_age(ages, limit)
  local age = {}
  for text in string.gmatch(ages, "%d+") do age[#age + 1] = tonumber(text) end
  return prune_completed(age[1], limit) + prune_sorted(STATE.failed, age[2], limit)
    + prune_sorted(STATE.cancelled, age[3], limit) + prune_sorted(STATE.expired, age[4], limit)
end
