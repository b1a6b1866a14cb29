-- Ends a sweep: what is finished goes by age and by count, and somebody is woken when there is work.
-- @arg said text how this task keeps its jobs, see lib/keeping.lua; "": as the last sweep was told that knew it
-- @arg ages text completed,failed,cancelled,expired in ms; "" prunes nothing by age
-- @returns readonly [pruned: number, more: number, nextDueInMs: number]
-- @oom allowed
-- @include lib/trim.lua
-- @include lib/keeping.lua
-- @include lib/has-next.lua
-- @include lib/next-due.lua
-- @include lib/newer.lua
-- @include lib/wake.lua
-- @key jobs
-- @key done
-- @key completed
-- @key lost
-- @key paused
-- @key newer
-- @key meta
local MOST_PRUNED = 200
local LOST_KEPT_MS = 86400000

-- Deletes finished jobs by age, oldest first, at most `limit` per state.
local function prune_sorted(state, age_ms, limit)
  local key = final_key(state)
  local old = call("ZRANGE", key, "-inf", as_text((now - age_ms) * 1000 + 999), "BYSCORE", "LIMIT", 0, limit)
  if #old == 0 then return 0 end
  call("ZREM", key, unpack(old))
  count_past(state, #old)
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

-- Makes good a wake that died with its process.
local function wake_again()
  local reach = call("EXISTS", KEY.newer) == 1 and call("HGET", KEY.meta, "reach")
  if reach then wake_version(reach) end
end

recall_kept(said)
local pruned = 0
if ages ~= "" then
  call("ZREMRANGEBYSCORE", KEY.lost, "-inf", as_text(now - LOST_KEPT_MS))
  pruned = prune_by_age(ages, MOST_PRUNED)
end
for _, state in ipairs({ STATE.completed, STATE.failed, STATE.cancelled, STATE.expired }) do
  pruned = pruned + trim(state)
end
if call("EXISTS", KEY.paused) == 0 then
  if has_next() or has_suspects() then wake_one() end
  wake_again()
end
return { pruned, pruned >= MOST_PRUNED and 1 or 0, next_due(true) }
