-- Carries out in one task what follows from workflows, and acknowledges what its outbox holds.
-- @arg delivered number how many entries of the outbox have been delivered
-- @arg late number of how many of them, the first, errands were made again
-- @arg cancels number how many jobs are cancelled
-- @arg packed number how many texts hold steps that `advance` has packed
-- @arg items text... ids of entries; id, reason of each cancel; packed steps; then of each other step: id, body, priority, due, TTL in ms or "", discard or "", limits as JSON or "" of a first run that has nothing else
-- @returns number
-- @include lib/carry-steps.lua
-- @include lib/new-job.lua
-- @include lib/cancel-job.lua
-- @include lib/expire.lua
-- @include lib/keeping.lua
-- @include lib/keep-limits.lua
-- @include lib/trim.lua
-- @key jobs
-- @key outbox
-- @key ttl
local STEP_PARTS = 7

-- The nodes of these have ended already, so nobody need be told.
local function cancel_all(from, to)
  recall_kept()
  local may_expire = call("EXISTS", KEY.ttl) == 1
  for at = from, to, 2 do
    local id = ARGV[at]
    local expires = may_expire and call("ZSCORE", KEY.ttl, id)
    local has_expired = expires and tonumber(expires) <= now
    if has_expired then expire_named(id) end
    local reply = cancel_job(id, ARGV[at + 1])
    if reply == "m" then bar(id) end
    if reply == "c" or has_expired then call("HDEL", KEY.outbox, id) end
  end
  trim_touched()
  tell_workers()
end

local function add_other(at, nth)
  local job, due = new_job(at), due_at(ARGV[at + 3])
  job.limits = cjson.decode(ARGV[at + 6])
  keep_limits(job, ARGV[at + 6])
  add_job(job, due and due + nth, ARGV[at + 4])
end

local function insert_steps(from)
  local ids = {}
  for at = from, #ARGV, STEP_PARTS do ids[#ids + 1] = ARGV[at] end
  local known = known_steps(ids)
  for index, id in ipairs(ids) do
    local at = from + (index - 1) * STEP_PARTS
    if known[index] then
      -- It has come before.
    elseif ARGV[at + 6] == "" then
      add_plain(id, ARGV[at + 1])
    else
      store_plain()
      add_other(at, index)
    end
  end
  store_plain()
  if next(due_ids) or next(ttl_ids) then wake_for_added() end
end

local first_cancel = items + delivered
local first_packed = first_cancel + cancels * 2
local first_step = first_packed + packed
acknowledge(items, first_cancel - 1, late)
if cancels > 0 then cancel_all(first_cancel, first_packed - 1) end
insert_packed(first_packed, first_step - 1)
if first_step <= #ARGV then insert_steps(first_step) end
if noticed then publish_notices() end
return 1
