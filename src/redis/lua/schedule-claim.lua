-- Claims names of schedules for tasks. The root is that of their names.
-- @arg items text... name, task, the claim that this one takes the place of or "", a number that the claim's shall exceed
-- @returns Buffer[]
-- @include lib/clock.lua
-- @key scheduleTasks
-- @key scheduleNames
-- @key meta
-- Reply, two parts each: the number of the new claim, then whose claim stands, "" when it is the new one. A claim is its
-- number, a blank and the task. A name is free when nobody holds it, and for the task that holds it.
local function claim(name, task, instead, above)
  local last = math.max(tonumber(call("HGET", KEY.meta, "schedules")) or 0, tonumber(above))
  call("HSET", KEY.meta, "schedules", as_text(last + 1))
  local held = call("HGET", KEY.scheduleTasks, name)
  local number = as_text(last + 1)
  if held and held ~= instead and string.match(held, "^%d+ (.*)$") ~= task then return number, held end
  call("HSET", KEY.scheduleTasks, name, number .. " " .. task)
  call("ZADD", KEY.scheduleNames, 0, name)
  return number, ""
end

local reply = {}
for at = items, #ARGV, 4 do
  reply[#reply + 1], reply[#reply + 2] = claim(ARGV[at], ARGV[at + 1], ARGV[at + 2], ARGV[at + 3])
end
return reply
