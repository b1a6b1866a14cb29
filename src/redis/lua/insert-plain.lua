-- Stores jobs without delay, priority, TTL or limits: one variadic command per step.
-- @arg watchers text the section of a record that says who wants the outcomes, or ""
-- @arg large number how many payloads were put beside their records
-- @arg items text... id and body of one; of more, ids of one length joined, sizes of the bodies (digits, comma), the bodies joined, or "" and each body
-- @returns number[]
-- @first lib/insert-one.lua
-- @include lib/publish-events.lua
-- @include lib/new-payload.lua
-- @include lib/wake.lua
-- @key jobs
-- @key waiting
-- What was put beside a record is carried out together with this script, before it.
-- Reply: positions (from 0) of ids that are taken by other content, or whose outcome is wanted though they are stored
-- already; `insert` looks at those more closely.
-- Redis hashes each byte of each string that Lua makes, so records are put together in one step.
local heads, flags = {}, watchers ~= "" and FLAG.watched or 0
local function record_of_body(body)
  local size = #body
  if large > 0 and byte(body, 1) >= BESIDE_KIND then
    return pack(HEAD_FORMAT, TO.insert.waiting, flags + FLAG.beside, 0, 0, 0, now, 0, 0, size) .. body .. watchers
  end
  local head = heads[size]
  if not head then
    head = pack(HEAD_FORMAT, TO.insert.waiting, flags, 0, 0, 0, now, 0, 0, size)
    heads[size] = head
  end
  return head .. body .. watchers
end

local ids, bodies, records, total = {}, {}, {}, 1
if #ARGV == items + 1 then
  ids[1], bodies[1] = ARGV[items], ARGV[items + 1]
else
  local joined_ids, sizes, joined = ARGV[items], ARGV[items + 1], ARGV[items + 2]
  if sizes == "" then
    total = #ARGV - items - 1
    for index = 1, total do bodies[index] = ARGV[items + 1 + index] end
  else
    total = 0
    local from = 1
    for size in string.gmatch(sizes, "%d+") do
      total = total + 1
      local behind = from + size
      bodies[total] = sub(joined, from, behind - 1)
      from = behind
    end
  end
  local length = #joined_ids / total
  for index = 1, total do ids[index] = sub(joined_ids, (index - 1) * length + 1, index * length) end
end
local stored, seen, repeated = call("HMGET", KEY.jobs, unpack(ids)), {}, false
for index = 1, total do
  local id = ids[index]
  repeated = repeated or stored[index] or seen[id]
  seen[id] = true
  records[index * 2 - 1] = id
  records[index * 2] = record_of_body(bodies[index])
end

-- Ids that are stored, or twice in the batch: the first content stays, the same again is no conflict.
local function keep_first()
  local fresh, all, conflicts = {}, records, {}
  ids, records = {}, {}
  for index = 1, total do
    local id, raw = all[index * 2 - 1], all[index * 2]
    local there = stored[index] or fresh[id]
    if not there then
      fresh[id] = raw
      ids[#ids + 1] = id
      records[#records + 1] = id
      records[#records + 1] = raw
    elseif large > 0 and (is_beside(raw) or is_beside(there)) then
      if is_beside(raw) then drop_payload(id, there) end
      conflicts[#conflicts + 1] = index - 1
    elseif watchers ~= "" or sub(there, HEAD_BYTES - 3, #raw) ~= sub(raw, HEAD_BYTES - 3) then
      conflicts[#conflicts + 1] = index - 1
    end
  end
  return conflicts
end

local conflicts = {}
if repeated then conflicts = keep_first() end
if #ids > 0 then
  call("HSET", KEY.jobs, unpack(records))
  call("RPUSH", KEY.waiting, unpack(ids))
  wake_one()
  if listening then
    for _, id in ipairs(ids) do emit(TO.insert.waiting, id, 0, "") end
    publish_events()
  end
end
return conflicts
