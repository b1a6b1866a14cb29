-- @include lib/job.lua
-- @include lib/publish.lua
-- @include lib/forget.lua
-- @include lib/limits-end.lua
-- @include lib/retention.lua
-- @include lib/final-key.lua
-- @include lib/past.lua
-- @key completed
-- @key ttl
-- Final states, from wherever a job comes.
local ended = 0

-- The job has ended and is not kept.
local function pass_by(job, state)
  count_past(state, 1)
  forget({ job.id })
end

-- Puts the job into a final state. Its old index entry is gone already. `unsaid` are sections that are stored
-- but not told. One that expires has ended when its TTL was over, whoever finds it later.
local function finish(job, state, sections, unsaid)
  if has_limits(job) then limits_end(job, state, sections) end
  tell_watchers(job, state, sections, kept[state] ~= 0)
  emit(state, job.id, job.attempt, sections)
  if kept[state] == 0 then return pass_by(job, state) end
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

local function drop_ttl(job)
  if job.flags ~= 0 then call("ZREM", KEY.ttl, job.id) end
end
