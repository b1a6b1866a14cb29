-- @include lib/clock.lua
-- A script whose first write needs no memory may go on writing when Redis is out of memory: Redis does not
-- stop a script in the middle. This is such a write.
local function free_writes()
  call("DEL", root .. "-")
end
