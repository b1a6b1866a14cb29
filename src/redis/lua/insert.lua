-- Stores jobs of any kind.
-- @arg items text... id, body, priority, due ("", "+ms" from now or "@ms" since the epoch), TTL in ms or "", discard or "", channel on which the outcome is wanted or "", limits as JSON or ""
-- @returns readonly [refused: (number | Buffer)[], putOut: Buffer[]]
-- @include lib/new-job.lua
-- @include lib/admit.lua
-- @include lib/keep-limits.lua
-- @include lib/watchers.lua
-- @include lib/payload.lua
-- @key limits
-- Reply: position (from 0), letter and value of each that was not stored: c its id is taken by other content, i and d
-- the value is the job that stands for its idempotency or unique key, m that one has another digest, t its throttle is
-- full for as many ms.
local refused = {}
local count = 0

-- Whether a stored job is the one that is inserted.
local function is_same(id, raw, body, limits)
  return sub(raw, HEAD_BYTES - 3, HEAD_BYTES + #body) == pack("<I4", #body) .. body
    and (limits == "" or call("HGET", KEY.limits, id) == limits)
end

-- Somebody wants the outcome of a job that an insert found stored.
local function watch_stored(channel, id, raw)
  local job = job_of(id, raw)
  if FINAL[job.state] then
    tell(channel, outcome_entry(id, job.state, job.attempt, job.tail, true))
  else
    watch_by(channel, job)
  end
end

local function refuse(letter, value)
  refused[#refused + 1], refused[#refused + 2], refused[#refused + 3] = count, letter, value
end

-- Stores a job that is new, unless its limits forbid it. Jobs due together keep the order of their batch.
local function store_new(at)
  local id, channel, text = ARGV[at], ARGV[at + 6], ARGV[at + 7]
  local job, due = new_job(at), due_at(ARGV[at + 3])
  if text ~= "" then
    job.limits = cjson.decode(text)
    local letter, value = ask(id, job.limits)
    if letter then
      local holder = channel ~= "" and (letter == "d" or letter == "i") and call("HGET", KEY.jobs, value)
      if holder then watch_stored(channel, value, holder) end
      return refuse(letter, value)
    end
    keep_limits(job, text)
    admit(job, job.limits)
    if job.limits.debounce then due = pass_debounce(job, job.limits.debounce) end
  end
  if channel ~= "" then job.watchers = channel end
  add_job(job, due and due + count, ARGV[at + 4])
end

for at = items, #ARGV, 8 do
  local id, body, channel, limits = ARGV[at], ARGV[at + 1], ARGV[at + 6], ARGV[at + 7]
  local raw = call("HGET", KEY.jobs, id)
  if raw then
    expire_named(id)
    raw = call("HGET", KEY.jobs, id)
  end
  if not raw then
    store_new(at)
  elseif not is_same(id, whole(id, raw), body, limits) then
    refuse("c", "")
  elseif channel ~= "" then
    watch_stored(channel, id, raw)
  end
  count = count + 1
end
wake_for_added()
if noticed then publish_notices() end
return { refused, put_out }
