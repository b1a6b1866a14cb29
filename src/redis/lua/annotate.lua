-- Adds progress, log lines and messages to active jobs.
-- @arg items text... id, fence, lease, kind (letter), data
-- @returns Buffer
-- @include lib/publish-events.lua
-- @include lib/extras.lua
-- @include lib/holder.lua
-- @key active
-- @key messages
-- Reply, a letter each: a applied, s stale.
local function add_log(id, line)
  call("RPUSH", KEY.logs .. id, pack("<I6", now) .. line)
  call("LTRIM", KEY.logs .. id, -MAX_LOG_LINES, -1)
  mark_extra(id, "l")
end

local function add_progress(id, kind, data)
  call("HSET", KEY.progress, id, kind .. data)
  mark_extra(id, "p")
end

-- A message is kept as time, fence, attempt, and what was given: its number in the run, kind, data. The number in the job goes
-- on from the last one, so that what the run left out is a gap; one that is not above the last of its run was sent twice.
local function add_message(id, fence, attempt, data)
  local nth, number, before = unpack_struct("<I6", data), 0, 0
  local last = call("XREVRANGE", KEY.messages .. id, "+", "-", "COUNT", 1)[1]
  if last then
    number = tonumber(string.match(last[1], "^%d+"))
    local value = last[2][2]
    if unpack_struct("<I6", value, 7) == fence then before = unpack_struct("<I6", value, 15) end
  end
  if nth <= before then return nil end
  number = as_text(number + nth - before)
  call("XADD", KEY.messages .. id, "MAXLEN", MAX_MESSAGES, number .. "-0", "m", pack("<I6I6H", now, fence, attempt) .. data)
  mark_extra(id, "m")
  return number
end

local function annotate_one(id, fence, lease, kind, data)
  local claim = call("HGET", KEY.active, id)
  if not claim or unpack_struct("<I6", claim) ~= fence or holder_of(claim) ~= lease then return "s" end
  local raw = call("HGET", KEY.jobs, id) or ""
  local attempt = is_readable(raw) and unpack_struct("<H", raw, 3) + 1 or 1
  local worker = section(SECTION.worker, lease)
  if kind == NOTICE.log then
    add_log(id, data)
    emit(NOTICE.log, id, attempt, worker .. section(SECTION.line, data))
  elseif kind == NOTICE.message then
    local number = add_message(id, fence, attempt, data)
    if number then emit(NOTICE.message, id, attempt, worker .. section(SECTION.number, number)) end
  else
    add_progress(id, kind, data)
    emit(NOTICE.progress, id, attempt, worker .. section(kind, data))
  end
  return "a"
end

local reply = {}
for at = items, #ARGV, 5 do
  reply[#reply + 1] = annotate_one(ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 3], ARGV[at + 4])
end
if noticed then publish_events() end
return table.concat(reply)
