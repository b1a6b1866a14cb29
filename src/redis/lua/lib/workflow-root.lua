-- @include lib/clock.lua
-- @rare
-- Where workflows are kept.
local function workflow_root()
  return sub(root, 1, string.find(root, "{", 1, true)) .. WORKFLOW_NAME .. "}:"
end

local function is_workflow_root()
  return root == workflow_root()
end
