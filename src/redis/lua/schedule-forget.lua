-- Forgets claims on names of schedules that are gone. The root is that of their names.
-- @arg items text... name, its claim, the last revision it had
-- @returns number
-- @oom allowed
-- @include lib/free-writes.lua
-- @key scheduleTasks
-- @key scheduleNames
-- @key meta
free_writes()
for at = items, #ARGV, 3 do
  local name, last = ARGV[at], tonumber(ARGV[at + 2])
  if last > (tonumber(call("HGET", KEY.meta, "schedules")) or 0) then
    call("HSET", KEY.meta, "schedules", as_text(last))
  end
  if call("HGET", KEY.scheduleTasks, name) == ARGV[at + 1] then
    call("HDEL", KEY.scheduleTasks, name)
    call("ZREM", KEY.scheduleNames, name)
  end
end
return 1
