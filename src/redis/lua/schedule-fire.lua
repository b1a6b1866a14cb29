-- Fires slots of one task's schedules, or passes over them. The second key is the root of schedules.
-- @arg task text
-- @arg items text... name, revision, expected slot, next slot or "", slot to fire or "", "1" to skip an overlap; then of the job: id, body, priority, due (ms) or "", TTL in ms or "", discard or "", flow as JSON or ""
-- @returns Buffer
-- @include lib/due.lua
-- @include lib/workflow.lua
-- @include lib/schedule-runs.lua
-- @key jobs
-- @key delayed
-- @key ttl
-- Reply, a letter each: f fired, o overlapped, p passed, m moved, e early.
local schedules = KEYS[2]
local due_ids, ttl_ids = {}, {}

local function is_running(id)
  if id == "" then return false end
  expire_named(id)
  local job = load_job(id)
  return job ~= nil and not FINAL[job.state]
end

local function new_job(at)
  local ttl = ARGV[at + 4]
  local flags = 0
  if ttl ~= "" then flags = FLAG.ttl end
  if ARGV[at + 5] ~= "" then flags = flags + FLAG.discard end
  return {
    id = ARGV[at], body = ARGV[at + 1], priority = tonumber(ARGV[at + 2]), flags = flags,
    attempt = 0, stalls = 0, enqueued = now, started = 0, finished = 0,
    tail = ttl ~= "" and section(SECTION.ttl, ttl) or "",
  }
end

-- `due`: µs, nil for at once.
local function enter(job, due)
  store_job(job, due and TO.insert.delayed or TO.insert.waiting)
  if due then
    call("ZADD", KEY.delayed, as_text(due), job.id)
    due_ids[job.id] = true
    emit(STATE.delayed, job.id, 0, section(SECTION.delay, as_text((due - now_us) / 1000)))
  else
    enter_back(job)
    emit(STATE.waiting, job.id, 0, "")
  end
end

local function insert_job(at)
  if call("HEXISTS", KEY.jobs, ARGV[at]) == 1 then return end
  local job = new_job(at)
  local ttl, flow = ARGV[at + 4], ARGV[at + 6]
  if flow ~= "" then
    job.flow = cjson.decode(flow)
    keep_flow(job, flow)
  end
  local due = (tonumber(ARGV[at + 3]) or 0) * 1000
  enter(job, due > now_us and due or nil)
  if ttl == "" then return end
  call("ZADD", KEY.ttl, as_text(now + tonumber(ttl)), job.id)
  ttl_ids[job.id] = true
end

local function fire_one(at)
  local name = ARGV[at]
  local expected, slot = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 4])
  if revision_of(call("HGET", SCHEDULES.records, name)) ~= tonumber(ARGV[at + 1]) then return "m" end
  local runs = read_runs(call("HGET", SCHEDULES.runs, name))
  if runs.next ~= expected then return "m" end
  if math.max(expected, slot or 0) > now then return "e" end
  local reply = "p"
  runs.next = tonumber(ARGV[at + 3]) or 0
  if slot and ARGV[at + 5] == "1" and is_running(runs.job) then
    reply = "o"
  elseif slot then
    insert_job(at + 6)
    runs.last, runs.fired, runs.job, reply = slot, now, ARGV[at + 6], "f"
  end
  write_runs(schedules, name, task, runs)
  return reply
end

local reply = {}
for at = items, #ARGV, 13 do reply[#reply + 1] = fire_one(at) end
if next(due_ids) then wake_when_next(KEY.delayed, due_ids) end
if next(ttl_ids) then wake_when_next(KEY.ttl, ttl_ids) end
if workflow_news then advance_workflows() end
if noticed then publish_notices() end
return table.concat(reply)
