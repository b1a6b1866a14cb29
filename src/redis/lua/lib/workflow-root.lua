-- @include lib/clock.lua
-- @rare
-- Whether workflows are kept under this root.
local function is_workflow_root()
  return string.find(root, "{" .. WORKFLOW_NAME, 1, true) ~= nil
end
