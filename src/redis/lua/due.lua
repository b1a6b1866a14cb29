-- Brings about what the clock has brought: overdue jobs expire, due ones wait, timers go off.
-- @arg lease text whose claim follows; "": a sweep
-- @arg count number jobs that are to be claimed
-- @arg version number newest version of jobs that its worker runs, 1: what was put back as newer concerns it not
-- @returns readonly [expired: number, promoted: number, more: number, putOut: Buffer[], reminders: Buffer[], others?: number]
-- @oom allowed
-- @guard if redis.call("EXISTS", KEY.delayed, KEY.retrying, KEY.ttl, KEY.timers, KEY.newer) == 0 then return { 0, 0, 0, {}, {} } end
-- @include lib/expire-due.lua
-- @include lib/enter-waiting.lua
-- @include lib/admit-blocked.lua
-- @key delayed
-- @key retrying
-- @key ttl
-- @key timers
-- @key newer
-- @key newerJobs
-- @key paused
-- @key lost
-- Reply: others are timers that went off and newer jobs that wait again.
-- How many of each one call sees to: they take up to 20 µs each, of those who only become waiting 10.
local MOST_FIRED = 50
local most_promoted = math.min(math.max(count, 100), 250)
local reminders, others = {}, 0

local function add_due(found, key, limit)
  local due = call("ZRANGE", key, "-inf", as_text(now_us), "BYSCORE", "LIMIT", 0, limit, "WITHSCORES")
  for index = 1, #due, 2 do
    found[#found + 1] = { id = due[index], at = tonumber(due[index + 1]), key = key, order = index }
  end
end

local function by_due(left, right)
  if left.at ~= right.at then return left.at < right.at end
  if left.key ~= right.key then return left.key < right.key end
  return left.order < right.order
end

-- A job waits from now on, where `enter` puts it; for its worker it does since its time had come: a wait of nothing ends
-- before it began, see `wait_end`.
local function promote(id, enter, since)
  local job = load_job(id)
  if not job then return end
  job.finished = math.max(job.finished, since)
  store_job(job, TO.promote.waiting)
  enter(job)
  emit(STATE.waiting, job.id, job.attempt, "")
end

-- Delayed and retrying jobs whose time has come, in due order. Returns how many.
local function promote_due(limit)
  local found = {}
  add_due(found, KEY.delayed, limit)
  add_due(found, KEY.retrying, limit)
  table.sort(found, by_due)
  local count = math.min(#found, limit)
  for index = 1, count do
    local due = found[index]
    leave_due(due.key, due.id)
    promote(due.id, enter_back, math.floor(due.at / 1000))
  end
  return count
end

-- A receipt's timer is kept until it is acknowledged.
local function remind_of(receipt)
  call("ZADD", KEY.timers, as_text(now_us + 1000 * ERRAND_PATIENCE_MS), "f" .. receipt)
  reminders[#reminders + 1] = receipt
end

-- Each at its time; it is gone already.
local function fire(name)
  local letter = sub(name, 1, 1)
  if letter == "c" then make_ready(sub(name, 2)) end
  if letter == "l" or letter == "r" then admit_blocked(name) end
  if letter == "f" then remind_of(sub(name, 2)) end
end

local function fire_timers()
  local due = call("ZRANGE", KEY.timers, "-inf", as_text(now_us), "BYSCORE", "LIMIT", 0, MOST_FIRED)
  for _, name in ipairs(due) do
    call("ZREM", KEY.timers, name)
    fire(name)
  end
  return #due
end

-- Those that a worker of this version runs are waiting again, at most `count` of each version, in front of the others of
-- their priority.
local function bring_newer(own, count)
  if count == 0 then return end
  for _, version in ipairs(call("ZRANGE", KEY.newer, 0, own, "BYSCORE")) do
    local ids = call("ZRANGE", KEY.newerJobs .. version, 0, count - 1)
    for index = #ids, 1, -1 do
      if call("ZREM", KEY.delayed, ids[index]) == 1 then promote(ids[index], enter_front, now) end
      others = others + 1
    end
    if #ids > 0 then drop_newer(version, ids) else call("ZREM", KEY.newer, version) end
  end
end

-- A worker of this version should look again: more have been put back.
local function wake_for_newer(own)
  if #call("ZRANGE", KEY.newer, 0, own, "BYSCORE", "LIMIT", 0, 1) > 0 then wake_version(own) end
end

if lease ~= "" and call("ZSCORE", KEY.lost, lease) then return { 0, 0, 0, {}, {} } end
local expired, has_overdue = expire_due()
local promoted = promote_due(most_promoted)
if version > 1 and call("EXISTS", KEY.newer) == 1 and call("EXISTS", KEY.paused) == 0 then
  bring_newer(version, count)
  wake_for_newer(version)
end
-- Behind those that came back: one that has a limit waits at its gate until somebody looks.
local fired = fire_timers()
if noticed then publish_notices() end
local more = has_overdue or promoted == most_promoted or fired == MOST_FIRED
return { expired, promoted, more and 1 or 0, put_out, reminders, fired + others }
