-- Gives a wake back that its taker does not need.
-- @arg version text "" or that of jobs which were put back
-- @returns number
-- @include lib/wake.lua
-- @include lib/newer.lua
if version == "" then wake_one() else wake_version(version) end
return 1
