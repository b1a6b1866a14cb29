-- Forgets a worker.
-- @arg worker text
-- @returns number
-- @oom allowed
-- @include lib/past-workers.lua
forget_workers({ worker })
return 1
