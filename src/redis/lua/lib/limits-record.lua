-- @include lib/record.lua
-- @include lib/step-entry.lua
-- @key limits
-- The limits of a job as it is stored: JSON beside its record; nothing for the first run of a step that is otherwise plain.
local function is_limited(flags)
  return math.floor(flags / FLAG.limits) % 2 == 1
end

local function has_limits(job)
  return is_limited(job.flags) or math.floor(job.flags / FLAG.step) % 2 == 1
end

local function read_limits(job)
  if is_limited(job.flags) then return cjson.decode(call("HGET", KEY.limits, job.id) or "{}") end
  return { step = step_of(job.id) }
end

local function limits_of(job)
  if not job.limits then job.limits = read_limits(job) end
  return job.limits
end
