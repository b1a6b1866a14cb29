-- Says which data the store holds and which of some tasks have something due.
-- @arg fresh text names the data of a store that has no name yet
-- @arg known number how many tasks of the store the caller knows
-- @arg own number on how many of the tasks it works whose roots are passed: they come first
-- @arg tasks number how many roots are passed behind that of the store
-- @arg items text... roots of tasks it works on that are elsewhere
-- @returns readonly [data: Buffer, roots: Buffer[], due: number[]]
-- @oom allowed
-- @include lib/due-in.lua
-- @include lib/known-task.lua
-- @key data
-- @key known
-- The first root is that of the store, the others those of the tasks. Replies the roots of tasks that the caller does
-- not know yet, and ms until each of those it gave has something due: 0 when it needs a sweep, -1 when nothing is due ever.
local MOST_TOLD = 1000
-- Whether any task has any work at all: one command for an idle process, however many tasks it has.
local MOST_KEYS = 4000
local function is_idle()
  local names = {}
  for index = 2, tasks + 1 do
    root = KEYS[index]
    if index <= own + 1 then
      names[#names + 1], names[#names + 2] = KEY.waiting, KEY.prioritized
      names[#names + 1], names[#names + 2] = KEY.ring, KEY.batches
      names[#names + 1], names[#names + 2] = KEY.suspects, KEY.newer
    end
    names[#names + 1], names[#names + 2] = KEY.delayed, KEY.retrying
    names[#names + 1], names[#names + 2] = KEY.ttl, KEY.leases
    names[#names + 1], names[#names + 2] = KEY.timers, KEY.outbox
  end
  for from = 1, #names, MOST_KEYS do
    local to = math.min(from + MOST_KEYS - 1, #names)
    if call("EXISTS", unpack(names, from, to)) > 0 then return false end
  end
  return true
end

local data = call("GET", KEY.data)
if not data then
  data = fresh
  call("SET", KEY.data, data)
end
for index = 2, own + 1 do make_known(KEYS[index]) end
for at = items, #ARGV do make_known(ARGV[at]) end
local roots = call("ZRANGE", KEY.known, known, known + MOST_TOLD - 1)
local due = {}
local idle = is_idle()
for index = 2, tasks + 1 do
  root = KEYS[index]
  due[index - 1] = idle and -1 or due_in(index <= own + 1)
end
return { data, roots, due }
