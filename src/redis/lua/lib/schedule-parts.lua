-- @include lib/clock.lua
-- What a client needs to show schedules: 4 parts per name (name, record, task, runs); "" where there is none.
local function schedule_parts(schedules, names)
  if #names == 0 then return {} end
  local parts = {}
  local records = call("HMGET", SCHEDULES.records, unpack(names))
  local tasks = call("HMGET", SCHEDULES.tasks, unpack(names))
  local runs = call("HMGET", SCHEDULES.runs, unpack(names))
  for index, name in ipairs(names) do
    local at = (index - 1) * 4
    parts[at + 1] = name
    parts[at + 2] = records[index] or ""
    parts[at + 3] = tasks[index] or ""
    parts[at + 4] = runs[index] or ""
  end
  return parts
end
