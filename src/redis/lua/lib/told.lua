-- Whether this is a cluster; its adapter replaces this line (cluster-scripts.ts).
local is_spread = false
