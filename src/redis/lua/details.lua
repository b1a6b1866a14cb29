-- Reads what is kept about jobs beside their record.
-- @arg items text... id
-- @returns readonly (readonly [record: Buffer, history: Buffer[], logs: Buffer[]])[]
-- @include lib/job.lua
-- @key history
-- @key logs
local reply = {}
for at = items, #ARGV do
  local id = ARGV[at]
  reply[#reply + 1] = {
    with_end(call("HGET", KEY.jobs, id) or "", call("HGET", KEY.done, id)),
    call("LRANGE", KEY.history .. id, 0, -1),
    call("LRANGE", KEY.logs .. id, 0, -1),
  }
end
return reply
