-- @include lib/wake.lua
-- @key known
-- The store knows its tasks in the order in which they came. `root` is that of the store.
local function make_known(task_root)
  if not call("ZSCORE", KEY.known, task_root) then call("ZADD", KEY.known, call("ZCARD", KEY.known), task_root) end
end
