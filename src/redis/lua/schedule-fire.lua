-- Fires slots of one task's schedules, or passes over them.
-- @arg items text... name, revision, expected slot, next slot or "", slot to fire or "", "1" to skip an overlap, most runs in all or ""; then of the job: id, body, priority, due (ms) or "", TTL in ms or "", discard or "", limits as JSON or ""
-- @returns Buffer
-- @include lib/new-job.lua
-- @include lib/keep-limits.lua
-- @include lib/admit.lua
-- @include lib/expire.lua
-- @include lib/schedule-record.lua
-- @key jobs
-- Reply, a letter each: f fired, o overlapped, p passed, m moved, e early.

local function is_running(id)
  if id == "" then return false end
  expire_named(id)
  local job = load_job(id)
  return job ~= nil and not FINAL[job.state]
end

-- Whether the job is there now: not, when its limits forbid it.
local function insert_job(at)
  if call("HEXISTS", KEY.jobs, ARGV[at]) == 1 then return true end
  local job = new_job(at)
  local ttl, limits = ARGV[at + 4], ARGV[at + 6]
  if limits ~= "" then
    job.limits = cjson.decode(limits)
    if ask(job.id, job.limits) then return false end
    keep_limits(job, limits)
    admit(job, job.limits)
  end
  local due = (tonumber(ARGV[at + 3]) or 0) * 1000
  add_job(job, due > now_us and due or nil, ttl)
  return true
end

local function fire_one(at)
  local name = ARGV[at]
  local expected, slot = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 4])
  if revision_of(call("HGET", KEY.scheduleRecords, name)) ~= tonumber(ARGV[at + 1]) then return "m" end
  local runs = read_runs(name)
  if runs.next ~= expected then return "m" end
  if math.max(expected, slot or 0) > now then return "e" end
  local reply = "p"
  runs.next = tonumber(ARGV[at + 3]) or 0
  if slot and ARGV[at + 5] == "1" and is_running(runs.job) then
    reply = "o"
  elseif slot and not insert_job(at + 7) then
    reply = "o"
  elseif slot then
    runs.last, runs.fired, runs.job, reply = slot, now, ARGV[at + 7], "f"
    runs.count = runs.count + 1
    if runs.count >= (tonumber(ARGV[at + 6]) or math.huge) then runs.next = 0 end
  end
  write_runs(name, runs)
  return reply
end

local reply = {}
for at = items, #ARGV, 14 do reply[#reply + 1] = fire_one(at) end
wake_for_added()
if noticed then publish_notices() end
return table.concat(reply)
