-- Carries out in one task what follows from workflows, and acknowledges what its outbox holds.
-- @arg delivered number how many entries of the outbox have been delivered
-- @arg cancels number how many jobs are cancelled
-- @arg items text... id and "1" when it was sent again, of each entry; id, reason of each cancel; then of each step: id, body, priority, due, TTL in ms or "", discard or "", limits as JSON
-- @returns number
-- @include lib/new-job.lua
-- @include lib/cancel-job.lua
-- @include lib/keeping.lua
-- @key outbox
-- @key barred
-- Any of it may come twice, or too late. A step whose job ran already is not inserted again, though its record may be
-- gone: its end lies in the outbox, or a mark is left for as long as somebody slow could try.
local STEP_PARTS = 7
local MARK_SECONDS = 90

local function bar(id)
  call("SET", KEY.barred .. id, "", "EX", MARK_SECONDS)
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
  for at = from, to, 2 do
    local id = ARGV[at]
    local reply = cancel_job(id, ARGV[at + 1])
    if reply == "m" then bar(id) end
    if reply == "c" then call("HDEL", KEY.outbox, id) end
  end
  trim_touched()
  tell_workers()
end

local function insert_step(at)
  local job, due = new_job(at), due_at(ARGV[at + 3])
  job.limits = cjson.decode(ARGV[at + 6])
  keep_limits(job, ARGV[at + 6])
  add_job(job, due and due + (at - items), ARGV[at + 4])
end

local function insert_steps(from)
  if from > #ARGV then return end
  local ids, marks = {}, {}
  for at = from, #ARGV, STEP_PARTS do
    ids[#ids + 1] = ARGV[at]
    marks[#marks + 1] = KEY.barred .. ARGV[at]
  end
  local stored, ended = call("HMGET", KEY.jobs, unpack(ids)), call("HMGET", KEY.outbox, unpack(ids))
  local is_any_barred = call("EXISTS", unpack(marks)) > 0
  for index, id in ipairs(ids) do
    local is_new = not stored[index] and not ended[index]
    if is_new and not (is_any_barred and call("EXISTS", marks[index]) == 1) then
      insert_step(from + (index - 1) * STEP_PARTS)
    end
  end
  wake_for_added()
end

recall_kept()
local first_cancel = items + delivered * 2
local first_step = first_cancel + cancels * 2
acknowledge(items, first_cancel - 1)
if cancels > 0 then cancel_all(first_cancel, first_step - 1) end
insert_steps(first_step)
if noticed then publish_notices() end
return 1
