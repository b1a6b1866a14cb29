-- @include lib/wake.lua
-- @rare
-- @key known
-- What is kept of the store as a whole, under a root of its own.
local function store_root()
  return string.sub(root, 1, string.find(root, "{", 1, true)) .. STORE_NAME .. "}:"
end

-- The store knows its tasks in the order in which they came. `root` is that of the store.
local function make_known(task_root)
  if not call("ZSCORE", KEY.known, task_root) then call("ZADD", KEY.known, call("ZCARD", KEY.known), task_root) end
end

-- Somebody, who need not work on this task, must learn of what is due in it next.
local function tell_due()
  local own = root
  root = store_root()
  make_known(own)
  wake_one()
  root = own
end
