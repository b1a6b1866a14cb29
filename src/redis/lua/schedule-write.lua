-- Creates or replaces schedules of one task.
-- @arg changed text channel on which changes are told
-- @arg items text... name, expected revision, number of the claim on the name or "" where it is only replaced, record without its head, next slot or ""
-- @returns number[]
-- @include lib/schedule-record.lua
-- @key scheduleMoves
-- Reply: the new revisions; 0 where another one is stored than was expected, -1 where none is, -2 where the claim is void.
local written = false

local function write(at)
  local name, expected, claim = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local revision = revision_of(call("HGET", KEY.scheduleRecords, name))
  if revision ~= expected then return revision == 0 and -1 or 0 end
  if claim then
    if call("HEXISTS", KEY.scheduleMoves, name) == 1 then return 0 end
    if claim <= number_in_meta("schedule-claims") then return -2 end
    revision = claim - 1
  end
  revision = next_revision(revision)
  local runs = read_runs(name)
  runs.next = tonumber(ARGV[at + 4]) or 0
  store_schedule(name, revision, ARGV[at + 3])
  write_runs(name, runs)
  written = true
  return revision
end

local reply = {}
for at = items, #ARGV, 5 do reply[#reply + 1] = write(at) end
if written then call("PUBLISH", changed, "") end
return reply
