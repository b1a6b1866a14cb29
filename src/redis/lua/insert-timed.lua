-- Stores jobs without limits, with priorities, delays and TTLs: one variadic command per step.
-- @arg watchers text the section of a record that says who wants the outcomes, or ""
-- @arg items text... id, body, priority, due, TTL in ms or "", discard or ""
-- @returns number[]
-- @include lib/job-arguments.lua
-- @include lib/publish-events.lua
-- @include lib/places.lua
-- @include lib/new-payload.lua
-- @key jobs
-- @key waiting
-- @key prioritized
-- @key meta
-- @key delayed
-- @key ttl
-- Payloads that stand beside their records were put there together with this script, before it.
-- Reply: positions (from 0) of ids that are taken, which `insert` looks at more closely.
local ids, records, listed, ranked, priorities, delayed, expiries = {}, {}, {}, {}, {}, {}, {}
local taken, seen = {}, {}
for at = items, #ARGV, 6 do ids[#ids + 1] = ARGV[at] end
local stored = call("HMGET", KEY.jobs, unpack(ids))

local function push(list, one, other)
  list[#list + 1], list[#list + 2] = one, other
end

local function add(id, index, at)
  local body, priority, due, ttl = ARGV[at + 1], tonumber(ARGV[at + 2]), due_at(ARGV[at + 3]), ARGV[at + 4]
  local flags, tail = expiry_parts(at)
  if watchers ~= "" then flags = flags + FLAG.watched end
  if byte(body, 1) >= BESIDE_KIND then flags = flags + FLAG.beside end
  if ttl ~= "" then
    push(expiries, expiry_score(now + tonumber(ttl), ARGV[at + 5] ~= ""), id)
    ttl_ids[id] = true
  end
  local state = due and TO.insert.delayed or TO.insert.waiting
  local raw = pack(HEAD_FORMAT, state, flags, 0, 0, priority, now, 0, 0, #body) .. body .. watchers .. tail
  seen[id] = raw
  push(records, id, raw)
  if due then
    -- Jobs due together keep the order of their batch.
    push(delayed, as_text(due + index - 1), id)
    due_ids[id] = true
    if listening then emit(state, id, 0, section(SECTION.delay, as_text((due + index - 1 - now_us) / 1000))) end
    return
  end
  if priority == 0 then
    listed[#listed + 1] = id
  else
    ranked[#ranked + 1], priorities[#ranked + 1] = id, priority
  end
  if listening then emit(state, id, 0, "") end
end

for index, id in ipairs(ids) do
  local there = stored[index] or seen[id]
  if there then
    if byte(ARGV[items + (index - 1) * 6 + 1], 1) >= BESIDE_KIND then drop_payload(id, there) end
    taken[#taken + 1] = index - 1
  else
    add(id, index, items + (index - 1) * 6)
  end
end

if #records > 0 then
  call("HSET", KEY.jobs, unpack(records))
  if #listed > 0 then call("RPUSH", KEY.waiting, unpack(listed)) end
  if #ranked > 0 then
    local before = call("HINCRBY", KEY.meta, "tail", #ranked) - #ranked
    local scores = {}
    for index, id in ipairs(ranked) do push(scores, band_score(priorities[index], before + index), id) end
    call("ZADD", KEY.prioritized, unpack(scores))
  end
  if #delayed > 0 then call("ZADD", KEY.delayed, unpack(delayed)) end
  if #expiries > 0 then call("ZADD", KEY.ttl, unpack(expiries)) end
  if #listed + #ranked > 0 then wake_one() end
  wake_for_added()
  if noticed then publish_events() end
end
return taken
