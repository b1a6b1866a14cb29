-- @include lib/settle-special.lua
-- @include lib/lease.lua
-- @include lib/workflow.lua
-- @step
-- @key jobs
-- @key active
-- @key done
-- @key completed
-- @key watchers
-- @key meta
-- Ends the claims of a batch. Leaves `answer`, "" when each was applied, else a letter each (a applied, c cancelled
-- instead, s stale, m missing), and `left`, how many jobs the lease has ended.
kept[STATE.completed], kept[STATE.failed], kept[STATE.cancelled] = keep_completed, keep_failed, keep_cancelled
local MOST_ALONE = 1000
local ids, fences, events, data, total, left, answer = {}, {}, {}, {}, 0, 0, ""
local at = items
while at <= #ARGV do
  local event, size, fence, joined = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3]
  local length = #joined / size
  at = at + 4
  for index = 1, size do
    total = total + 1
    ids[total] = sub(joined, (index - 1) * length + 1, index * length)
    fences[total] = fence + index - 1
  end
  if event ~= "" then
    for index = total - size + 1, total do
      events[index], data[index] = event, ARGV[at]
      at = at + 1
    end
  end
end

if total > 0 then
  local worker, ended_now = section(SECTION.worker, lease), pack("<I6", now)
  local claims, statuses, is_all_applied = call("HMGET", KEY.active, unpack(ids)), {}, true
  -- Jobs claimed together have all but the fence in common: start, flags and holder. `ends` has how the end of a
  -- plain one begins.
  local leaving, count_leaving, holders, ends, endings = {}, 0, {}, {}, {}
  for index = 1, total do
    local claim = claims[index]
    if not claim then
      statuses[index], is_all_applied = "m", false
    elseif unpack_struct("<I6", claim) ~= fences[index] then
      statuses[index], is_all_applied = "s", false
    else
      count_leaving = count_leaving + 1
      leaving[count_leaving] = ids[index]
      local run = sub(claim, 7)
      local count = holders[run]
      if not count then
        count = 0
        ends[run] = byte(run, CLAIM_BYTES - 6) == CLAIM.plain and sub(run, 1, 6) .. ended_now .. worker
      end
      holders[run] = count + 1
      endings[index] = ends[run]
    end
  end
  -- Claims leave first, so that memory is freed before any is used.
  if count_leaving > 0 and call("HDEL", KEY.active, unpack(leaving)) < count_leaving then
    left, is_all_applied = -refuse_repeated(ids, statuses), false
  end
  for run, count in pairs(holders) do
    local holder = sub(run, CLAIM_BYTES - 5)
    if holder == lease then left = left + count else hold(holder, -count) end
  end

  -- The outcome of a job that is settled alone and heard by one process, which is how a result is waited for, goes out
  -- without the machinery of notices.
  local alone = total == 1 and call("HGET", KEY.watchers, ids[1])
  local has_watchers = alone or total > 1 and call("EXISTS", KEY.watchers) == 1
  if alone and (string.find(alone, " ", 1, true) or #(data[1] or "") > MOST_ALONE) then alone = nil end
  if has_watchers and total > 1 then prefetch_watchers(ids) end
  local done, queue, gone, has_special, queued = {}, {}, {}, false, 0
  completing = queue
  for index = 1, total do
    if not statuses[index] then
      local id, ending, event, result = ids[index], endings[index], events[index], data[index] or ""
      if not ending or event and event ~= EVENT.complete then
        has_special = true
        local raw = call("HGET", KEY.jobs, id) or ""
        statuses[index] = settle_special(read_record(id, raw, claims[index]), event or EVENT.complete, result, worker)
        if statuses[index] ~= "a" then is_all_applied = false end
      else
        -- The way of nearly every job: a first attempt without any section ends well. Its record stays as it is.
        if listening then emit(STATE.completed, id, 1, worker .. result) end
        if has_watchers and not alone then tell_watchers(id, STATE.completed, 1, result, keep_completed > 0) end
        if keep_completed == 0 then
          gone[#gone + 1] = id
        else
          queued = queued + 1
          queue[#queue + 1] = id
          done[queued * 2 - 1] = id
          done[queued * 2] = event and ending .. result or ending
        end
      end
    end
  end

  completing = nil
  if queued > 0 then call("HSET", KEY.done, unpack(done)) end
  if #queue > 0 then
    local excess = math.min(call("RPUSH", KEY.completed, unpack(queue)) - keep_completed, 1000)
    if excess > 0 then
      call("HINCRBY", KEY.meta, "completed", excess)
      forget(call("LPOP", KEY.completed, excess))
    end
  end
  forget(gone)
  if has_special then enter_released() end
  if alone and not statuses[1] then
    call("HDEL", KEY.watchers, ids[1])
    call("PUBLISH", alone, pack("<H", #root) .. root .. notice(STATE.completed, ids[1], 1, data[1] or ""))
  elseif has_watchers and total > 1 then
    forget_prefetched()
  end
  if workflow_news then advance_workflows() end
  if not is_all_applied then
    for index = 1, total do statuses[index] = statuses[index] or "a" end
    answer = table.concat(statuses)
  end
end
