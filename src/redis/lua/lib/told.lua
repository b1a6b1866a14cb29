-- In a cluster the command by which channels of a task are told; its adapter replaces this line (cluster-scripts.ts).
local spread = false
