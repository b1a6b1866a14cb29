-- @include lib/newer.lua
-- @include lib/waiting.lua
-- @include lib/publish.lua
-- @rare
-- @key newer
-- @key newerJobs
-- @key delayed
-- Those that a worker of this version runs are waiting again, at most `count` of each version, in front of the others of
-- their priority.
local function bring_newer(own, count)
  if count == 0 then return end
  for _, version in ipairs(call("ZRANGE", KEY.newer, 0, own, "BYSCORE")) do
    local ids = call("ZRANGE", KEY.newerJobs .. version, 0, count - 1)
    for index = #ids, 1, -1 do
      if call("ZREM", KEY.delayed, ids[index]) == 1 then
        local job = load_job(ids[index])
        if job then
          store_job(job, TO.promote.waiting)
          enter_front(job)
          emit(STATE.waiting, job.id, job.attempt, "")
        end
      end
    end
    if #ids > 0 then drop_newer(version, ids) else call("ZREM", KEY.newer, version) end
  end
end

-- A worker of this version should look again: more have been put back.
local function wake_for_newer(own)
  if #call("ZRANGE", KEY.newer, 0, own, "BYSCORE", "LIMIT", 0, 1) > 0 then wake_version(own) end
end
