-- Asks for the outcome of jobs.
-- @arg channel text
-- @arg items text... id
-- @returns Buffer[]
-- @include lib/due.lua
-- Reply per item: "w" watching, "m" missing, else the outcome as it would be told.
local more_overdue = expire_first()

local function watch_one(id)
  local job = load_job(id)
  if not job then return "m" end
  if FINAL[job.state] then return notice(job.state, id, job.attempt, job.tail) end
  watch_by(channel, id)
  return "w"
end

local reply = {}
for at = items, #ARGV do
  if more_overdue then expire_named(ARGV[at]) end
  reply[#reply + 1] = watch_one(ARGV[at])
end
if noticed then publish_notices() end
return reply
