-- Carries out in one task what follows from workflows, and acknowledges what its outbox holds.
-- @arg delivered number how many entries of the outbox have been delivered
-- @arg cancels number how many jobs are cancelled
-- @arg items text... id and "1" when it was sent again, of each entry; id, reason of each cancel; then of each step: id, body, priority, due, TTL in ms or "", discard or "", limits as JSON
-- @returns number
-- @include lib/new-job.lua
-- @include lib/cancel-job.lua
-- @include lib/keeping.lua
-- @key jobs
-- @key limits
-- @key extras
-- @key waiting
-- @key outbox
-- @key barred
-- Any of it may come twice, or too late. A step whose job ran already is not inserted again, though its record may be
-- gone: its end lies in the outbox, or a mark is left for as long as somebody slow could try.
local STEP_PARTS = 7
local ONLY_A_STEP = '{"step":'
local records, texts, letters, queued = {}, {}, {}, {}

local function bar(id)
  call("SET", KEY.barred .. id, "", "PX", MARKS_KEPT_MS)
end

local function acknowledge(from, to)
  if to < from then return end
  local ids = {}
  for at = from, to, 2 do
    ids[#ids + 1] = ARGV[at]
    if ARGV[at + 1] ~= "" then bar(ARGV[at]) end
  end
  call("HDEL", KEY.outbox, unpack(ids))
end

-- The nodes of these have ended already, so nobody need be told.
local function cancel_all(from, to)
  recall_kept()
  for at = from, to, 2 do
    local id = ARGV[at]
    local reply = cancel_job(id, ARGV[at + 1])
    if reply == "m" then bar(id) end
    if reply == "c" then call("HDEL", KEY.outbox, id) end
  end
  trim_touched()
  tell_workers()
end

local function is_plain(at)
  return ARGV[at + 2] == "0" and ARGV[at + 3] == "" and ARGV[at + 4] == ""
    and sub(ARGV[at + 6], 1, #ONLY_A_STEP) == ONLY_A_STEP
end

-- Most steps: they are written together.
local function add_plain(at)
  local id, body = ARGV[at], ARGV[at + 1]
  local head = pack(HEAD_FORMAT, TO.insert.waiting, FLAG.limits + FLAG.step, 0, 0, 0, now, 0, 0, #body)
  local size = #records
  records[size + 1], records[size + 2] = id, head .. body
  texts[size + 1], texts[size + 2] = id, ARGV[at + 6]
  letters[size + 1], letters[size + 2] = id, "f"
  queued[#queued + 1] = id
  if listening then emit(STATE.waiting, id, 0, "") end
end

local function store_plain()
  if #queued == 0 then return end
  call("HSET", KEY.jobs, unpack(records))
  call("HSET", KEY.limits, unpack(texts))
  call("HSET", KEY.extras, unpack(letters))
  call("RPUSH", KEY.waiting, unpack(queued))
  wake_one()
  records, texts, letters, queued = {}, {}, {}, {}
end

local function add_other(at)
  local job, due = new_job(at), due_at(ARGV[at + 3])
  job.limits = cjson.decode(ARGV[at + 6])
  keep_limits(job, ARGV[at + 6])
  add_job(job, due and due + (at - items), ARGV[at + 4])
end

local function insert_steps(from)
  local ids, marks, ended = {}, {}, {}
  for at = from, #ARGV, STEP_PARTS do
    ids[#ids + 1] = ARGV[at]
    marks[#marks + 1] = KEY.barred .. ARGV[at]
  end
  local stored = call("HMGET", KEY.jobs, unpack(ids))
  if call("EXISTS", KEY.outbox) == 1 then ended = call("HMGET", KEY.outbox, unpack(ids)) end
  local is_any_barred = call("EXISTS", unpack(marks)) > 0
  for index, id in ipairs(ids) do
    local at = from + (index - 1) * STEP_PARTS
    local is_gone = stored[index] or ended[index] or is_any_barred and call("EXISTS", marks[index]) == 1
    if not is_gone then
      if is_plain(at) then
        add_plain(at)
      else
        store_plain()
        add_other(at)
      end
    end
  end
  store_plain()
  if next(due_ids) or next(ttl_ids) then wake_for_added() end
end

local first_cancel = items + delivered * 2
local first_step = first_cancel + cancels * 2
acknowledge(items, first_cancel - 1)
if cancels > 0 then cancel_all(first_cancel, first_step - 1) end
if first_step <= #ARGV then insert_steps(first_step) end
if noticed then publish_notices() end
return 1
