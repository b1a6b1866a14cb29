-- @include lib/extras.lua
-- @rare
-- @key flows
-- The flow of a job as it is stored: JSON beside its record.
local function has_flow(job)
  return math.floor(job.flags / FLAG.flow) % 2 == 1
end

local function flow_of(job)
  if not job.flow then job.flow = cjson.decode(call("HGET", KEY.flows, job.id) or "{}") end
  return job.flow
end

-- Stores the flow of a job that is about to be stored. `text` is its JSON.
local function keep_flow(job, text)
  local is_limited = job.flow.limit or job.flow.rate
  job.flags = job.flags + FLAG.flow + (is_limited and FLAG.limited or 0) + (job.flow.step and FLAG.step or 0)
  call("HSET", KEY.flows, job.id, text)
  mark_extra(job.id, "f")
end
