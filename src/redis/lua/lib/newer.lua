-- @include lib/clock.lua
-- @include lib/told.lua
-- @key newer
-- @key newerJobs
-- @key wakeVersion
-- Jobs that were put back since their version was newer than that of the worker that had claimed them. They are delayed
-- jobs, and known here in the order in which they were claimed, by priority: the next claim of a worker that runs their
-- version brings them back.
-- Jobs that were put back since their version was newer than that of the worker that had claimed them. They are delayed
-- jobs, and known here in the order in which they were claimed, by priority: the next claim of a worker that runs their
-- version brings them back.
local function wake_version(version)
  local wake = KEY.wakeVersion .. version
  if call("ZADD", wake, 0, "1") == 1 and spread then call(spread, wake, "") end
end

local function drop_newer(version, ids)
  local removed = call("ZREM", KEY.newerJobs .. version, unpack(ids))
  if removed > 0 and call("EXISTS", KEY.newerJobs .. version) == 0 then call("ZREM", KEY.newer, version) end
  return removed
end
