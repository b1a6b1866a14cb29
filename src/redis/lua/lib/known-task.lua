-- @include lib/wake.lua
-- @include lib/told.lua
-- @key known
-- @key met
-- The store knows its tasks in the order in which they came. `root` is that of the store.
local function make_known(task_root)
  if call("ZSCORE", KEY.known, task_root) then return end
  call("ZADD", KEY.known, call("ZCARD", KEY.known), task_root)
  call(spread or "PUBLISH", KEY.met, task_root)
end
