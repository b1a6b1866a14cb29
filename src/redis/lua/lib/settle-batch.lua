-- @include lib/settle-special.lua
-- @include lib/lease.lua
-- @include lib/workflow.lua
-- @step
-- @key jobs
-- @key active
-- @key completed
-- @key watchers
-- @key meta
-- Ends the claims of a batch. Leaves `statuses`, a letter each (a applied, c cancelled instead, s stale,
-- m missing), and `left`, how many jobs the lease has ended.
local FIRST = STATE.waiting .. pack("<BH", 0, 0)
local DONE = TO.complete.completed .. pack("<BH", 0, 1)
local ended_now = pack("<I6", now)
kept[STATE.completed], kept[STATE.failed], kept[STATE.cancelled] = keep_completed, keep_failed, keep_cancelled
local ids, statuses, left, total = {}, {}, 0, 0
for at = items, #ARGV, 4 do
  total = total + 1
  ids[total] = ARGV[at]
end

if total > 0 then
  local worker = section(SECTION.worker, lease)
  local found_claims = call("HMGET", KEY.active, unpack(ids))
  local raws = call("HMGET", KEY.jobs, unpack(ids))

  -- Claims leave first, so that memory is freed before any is used.
  local leaving, count_leaving = {}, 0
  for index = 1, total do
    local claim = found_claims[index]
    if not claim then
      statuses[index] = "m"
    elseif unpack_struct("<I6", claim) ~= tonumber(ARGV[items + index * 4 - 3]) then
      statuses[index] = "s"
    else
      count_leaving = count_leaving + 1
      leaving[count_leaving] = ids[index]
      local holder = sub(claim, CLAIM_BYTES + 1)
      if holder == lease then left = left + 1 else hold(holder, -1) end
    end
  end
  if count_leaving > 0 and call("HDEL", KEY.active, unpack(leaving)) < count_leaving then
    left = left - refuse_repeated(ids, statuses)
  end

  local has_watchers = call("EXISTS", KEY.watchers) == 1
  if has_watchers then prefetch_watchers(ids) end
  local records, queue, gone, has_special, queued = {}, {}, {}, false, 0
  completing = queue
  for index = 1, total do
    if not statuses[index] then
      local id, at = ids[index], items + index * 4
      local raw, claim, event, data = raws[index] or "", found_claims[index], ARGV[at - 2], ARGV[at - 1]
      if event ~= EVENT.complete or byte(claim, CLAIM_BYTES) ~= 0 or sub(raw, 1, 4) ~= FIRST or #raw < HEAD_BYTES then
        has_special = true
        statuses[index] = settle_special(read_record(id, raw, claim), event, data, worker)
      else
        -- The way of nearly every job: a first attempt without any section ends well.
        statuses[index] = "a"
        if listening then emit(STATE.completed, id, 1, worker .. data) end
        if has_watchers then tell_watchers(id, STATE.completed, 1, data, keep_completed > 0) end
        if keep_completed == 0 then
          gone[#gone + 1] = id
        else
          queued = queued + 1
          queue[#queue + 1] = id
          records[queued * 2 - 1] = id
          records[queued * 2] = DONE .. sub(raw, 5, 13) .. sub(claim, 7, 12) .. ended_now
            .. sub(raw, HEAD_BYTES - 3) .. worker .. data
        end
      end
    end
  end

  completing = nil
  if queued > 0 then call("HSET", KEY.jobs, unpack(records)) end
  if #queue > 0 then
    local excess = math.min(call("RPUSH", KEY.completed, unpack(queue)) - keep_completed, 1000)
    if excess > 0 then
      call("HINCRBY", KEY.meta, "completed", excess)
      forget(call("LPOP", KEY.completed, excess))
    end
  end
  forget(gone)
  if has_special then enter_released() end
  if has_watchers then forget_prefetched() end
  if workflow_news then advance_workflows() end
end
