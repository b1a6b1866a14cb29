-- Asks for the outcome of jobs.
-- @arg channel text
-- @arg items text... id
-- @returns Buffer[]
-- @include lib/overdue.lua
-- @include lib/notice.lua
-- @include lib/watchers.lua
-- Reply per item: "w" watching, "m" missing, else the outcome as it would be told. Who wants it is all that is written.
local function watch_one(id)
  local job = load_job(id)
  if not job then return "m" end
  if FINAL[job.state] then return notice(job.state, id, job.attempt, job.tail) end
  local score = job.flags ~= 0 and call("ZSCORE", KEY.ttl, id)
  if score and tonumber(score) <= now then
    return notice(TO.expire.expired, id, job.attempt, "")
  end
  watch_by(channel, job)
  return "w"
end

local reply = {}
for at = items, #ARGV do reply[#reply + 1] = watch_one(ARGV[at]) end
return reply
