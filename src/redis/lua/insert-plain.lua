-- Stores jobs without delay, priority, TTL or watcher: one variadic command per step.
-- @arg items text... id, body
-- @returns number[]
-- @include lib/notify.lua
-- @include lib/wake.lua
-- @key jobs
-- @key waiting
-- Reply: positions (from 0) of ids that are taken by other content; `insert` looks at those more closely.
local head = sub(pack(HEAD_FORMAT, TO.insert.waiting, 0, 0, 0, 0, now, 0, 0, 0), 1, HEAD_BYTES - 4)

-- One job that is new, the usual case at low load, is written without a look at what is stored.
if #ARGV == items + 1 then
  local id, body = ARGV[items], ARGV[items + 1]
  if call("HSETNX", KEY.jobs, id, head .. pack("<I4", #body) .. body) == 1 then
    call("RPUSH", KEY.waiting, id)
    wake_one()
    if listening then
      emit(TO.insert.waiting, id, 0, "")
      publish_notices()
    end
    return {}
  end
end

local ids, bodies = {}, {}
for at = items, #ARGV, 2 do
  ids[#ids + 1] = ARGV[at]
  bodies[#bodies + 1] = ARGV[at + 1]
end
local stored = call("HMGET", KEY.jobs, unpack(ids))
local records, queue, fresh, conflicts = {}, {}, {}, {}
for index, id in ipairs(ids) do
  local body = pack("<I4", #bodies[index]) .. bodies[index]
  local there = stored[index] or fresh[id]
  if not there then
    local raw = head .. body
    fresh[id] = raw
    records[#records + 1] = id
    records[#records + 1] = raw
    queue[#queue + 1] = id
    if listening then emit(TO.insert.waiting, id, 0, "") end
  elseif sub(there, HEAD_BYTES - 3, HEAD_BYTES + #bodies[index]) ~= body then
    conflicts[#conflicts + 1] = index - 1
  end
end
if #queue > 0 then
  call("HSET", KEY.jobs, unpack(records))
  call("RPUSH", KEY.waiting, unpack(queue))
  wake_one()
  if noticed then publish_notices() end
end
return conflicts
