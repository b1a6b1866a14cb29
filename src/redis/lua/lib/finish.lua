-- @include lib/publish.lua
-- @include lib/forget.lua
-- @include lib/waiting.lua
-- @include lib/retention.lua
-- @include lib/final-key.lua
-- @rare
-- @key completed
-- @key failed
-- @key cancelled
-- @key expired
-- @key ttl
-- @key cancels
-- @key meta
-- Final states, from wherever a job comes.
local MOST_TRIMMED = 1000
local ended = 0

-- Puts the job into a final state. Its old index entry is gone already. `unsaid` are sections that are stored
-- but not told. One that expires has ended when its TTL was over, whoever finds it later.
local function finish(job, state, sections, unsaid)
  if has_limits(job) then limits_end(job, state, sections) end
  tell_watchers(job.id, state, job.attempt, sections, kept[state] ~= 0)
  emit(state, job.id, job.attempt, sections)
  if kept[state] == 0 then return forget({ job.id }) end
  job.finished = job.expires or now
  job.tail = keep_section(job.tail, SECTION.ttl) .. (unsaid or "") .. sections
  store_job(job, state)
  if state == STATE.completed then
    if completing then completing[#completing + 1] = job.id else call("RPUSH", KEY.completed, job.id) end
  else
    call("ZADD", final_key(state), as_text(job.expires and job.expires * 1000 or now_us + ended), job.id)
    ended = ended + 1
  end
  touched[state] = true
  has_finished = true
end

-- The oldest ids beyond the number to keep leave the index; at most 1 000 of them.
local function pop_oldest(state, count)
  if state ~= STATE.completed then
    local oldest = call("ZRANGE", final_key(state), 0, count - 1)
    call("ZREMRANGEBYRANK", final_key(state), 0, count - 1)
    return oldest
  end
  call("HINCRBY", KEY.meta, "completed", count)
  return call("LPOP", KEY.completed, count)
end

local function finished_count(state)
  if state == STATE.completed then return call("LLEN", KEY.completed) end
  return call("ZCARD", final_key(state))
end

local function trim(state)
  if not kept[state] then return 0 end
  local excess = math.min(finished_count(state) - kept[state], MOST_TRIMMED)
  if excess <= 0 then return 0 end
  forget(pop_oldest(state, excess))
  return excess
end

local function trim_touched()
  for state in pairs(touched) do trim(state) end
  touched = {}
end

local function drop_ttl(job)
  if job.flags ~= 0 then call("ZREM", KEY.ttl, job.id) end
end
