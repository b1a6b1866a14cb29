-- @include lib/events.lua
-- @include lib/wake.lua
-- @key jobs
-- @key waiting
-- @key outbox
-- @key barred
-- What is carried to a task may come twice, or too late. A step whose job ran already is not inserted again, though its
-- record may be gone: its end lies in the outbox, or a mark is left for as long as somebody slow could try.
local function bar(id)
  call("SET", KEY.barred .. id, "", "PX", MARKS_KEPT_MS)
end

-- Acknowledges entries. Of the first of them, `late`, an errand was made again meanwhile.
local function acknowledge(from, to, late)
  if to < from then return end
  for at = from, from + late - 1 do bar(ARGV[at]) end
  call("HDEL", KEY.outbox, unpack(ARGV, from, to))
end

-- Which of these have been inserted before.
local function known_steps(ids)
  local marks, known = {}, call("HMGET", KEY.jobs, unpack(ids))
  for index, id in ipairs(ids) do marks[index] = KEY.barred .. id end
  local is_any_barred = call("EXISTS", unpack(marks)) > 0
  local ended = call("HMGET", KEY.outbox, unpack(ids))
  for index = 1, #ids do
    known[index] = known[index] or ended[index] or is_any_barred and call("EXISTS", marks[index]) == 1
  end
  return known
end

-- Steps of a first run without anything else, as most are: written together.
local records, queued = {}, {}

local function add_plain(id, body)
  local head = pack(HEAD_FORMAT, TO.insert.waiting, FLAG.step, 0, 0, 0, now, 0, 0, #body)
  local count = #queued + 1
  queued[count] = id
  records[count * 2 - 1], records[count * 2] = id, head .. body
  if listening then emit(STATE.waiting, id, 0, "") end
end

local function store_plain()
  if #queued == 0 then return end
  call("HSET", KEY.jobs, unpack(records))
  call("RPUSH", KEY.waiting, unpack(queued))
  wake_one()
  records, queued = {}, {}
end

-- Id and body of each, in texts that `advance` has packed.
local function insert_packed(from, to)
  for at = from, to do
    local jobs, ids = cmsgpack.unpack(ARGV[at]), {}
    for nth = 1, #jobs, 2 do ids[#ids + 1] = jobs[nth] end
    local known = known_steps(ids)
    for index, id in ipairs(ids) do
      if not known[index] then add_plain(id, jobs[index * 2]) end
    end
    store_plain()
  end
end
