-- @include lib/queue.lua
-- @include lib/told.lua
-- @rare
-- @key newer
-- @key newerJobs
-- @key wakeVersion
-- @key meta
-- Jobs that were put back since their version was newer than that of the worker that had claimed them. They are delayed
-- jobs, and known here in the order in which they were claimed, by priority: the next claim of a worker that runs their
-- version brings them back.
local function wake_version(version)
  local wake = KEY.wakeVersion .. version
  if call("ZADD", wake, 0, "1") == 1 and is_spread then call("PUBLISH", wake, "") end
end

-- `reach`: the version of a live worker that runs it, "" when there is none.
local function keep_newer(job, version, reach)
  call("ZADD", KEY.newer, version, version)
  call("ZADD", KEY.newerJobs .. version, band_score(job.priority, job.fence), job.id)
  if reach == "" then return end
  call("HSET", KEY.meta, "reach", reach)
  wake_version(reach)
end

local function drop_newer(version, ids)
  local removed = call("ZREM", KEY.newerJobs .. version, unpack(ids))
  if removed > 0 and call("EXISTS", KEY.newerJobs .. version) == 0 then call("ZREM", KEY.newer, version) end
  return removed
end

-- A delayed job goes for another reason.
local function forget_newer(id)
  if call("EXISTS", KEY.newer) == 0 then return end
  for _, version in ipairs(call("ZRANGE", KEY.newer, 0, -1)) do
    if drop_newer(version, { id }) > 0 then return end
  end
end

-- Makes good a wake that died with its process.
local function wake_again()
  local reach = call("EXISTS", KEY.newer) == 1 and call("HGET", KEY.meta, "reach")
  if reach then wake_version(reach) end
end
