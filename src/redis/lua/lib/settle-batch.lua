-- @include lib/settle-special.lua
-- @include lib/lease.lua
-- @include lib/settlements.lua
-- @include lib/keep-completed.lua
-- @include lib/spent.lua
-- @step
-- @key jobs
-- @key active
-- @key batches
-- @key done
-- @key completed
-- @key watchers
-- @key meta
-- Ends the claims of a batch, or of its beginning when all would take too long. Leaves `answer`, "" when each was
-- applied, else a letter for each it looked at (a applied, c cancelled instead, s stale, m missing), and `left`, how many
-- jobs the lease has ended. A batch that was cut claims nothing.
local MOST_SPENT, MOST_SPECIAL = 3500, 400
local PLAIN_COST, WATCHED_COST, HEARD_COST, PAST_COST, RETRY_COST = 2, 4, 2, 9, 17
-- A claim that follows may take a collected batch of a thousand.
local MOST_BEFORE_BATCH = 1500
local LIMITS_COST, GATED_COST, STEP_COST = 14, 20, 55
kept[STATE.completed], kept[STATE.failed], kept[STATE.cancelled] = keep_completed, keep_failed, keep_cancelled
local MOST_ALONE = 1000
local ids, fences, events, data, total = read_settlements(items)
local left, answer = 0, ""

-- What the claims say of each settlement: those that are refused, those that leave, how the end of a plain one begins,
-- and which are special.
local function look_at(claims, worker)
  local statuses, is_all_applied, special = {}, true, {}
  -- Jobs claimed together have all but the fence in common: start, flags and holder. `ends` has how the end of a
  -- plain one begins, "" for those of another holder.
  local leaving, ends, endings, ended_now = {}, {}, {}, pack("<I6", now)
  local function ending_of(run)
    if sub(run, CLAIM_BYTES - 5) ~= lease then return "" end
    return byte(run, CLAIM_BYTES - 6) == CLAIM.plain and sub(run, 1, 6) .. ended_now .. worker
  end
  for index = 1, total do
    local claim = claims[index]
    if not claim then
      statuses[index], is_all_applied = "m", false
    else
      local run = sub(claim, 7)
      local ending = ends[run]
      if ending == nil then
        ending = ending_of(run)
        ends[run] = ending
      end
      if ending == "" or unpack_struct("<I6", claim) ~= fences[index] then
        statuses[index], is_all_applied = "s", false
      else
        leaving[#leaving + 1] = ids[index]
        local event = events[index]
        if event and event ~= EVENT.complete then ending = false end
        endings[index] = ending
        if not ending then special[#special + 1] = index end
      end
    end
  end
  return { statuses = statuses, is_all_applied = is_all_applied, leaving = leaving, endings = endings, special = special }
end

-- How many settlements this script may take on. Leaves the records of special ones in `raws`.
local function affordable(special, raws, plain_cost)
  local names, nth, most = {}, 1, MOST_SPENT
  if lease_ms > 0 and call("EXISTS", KEY.batches) == 1 then most = MOST_BEFORE_BATCH end
  for index = 1, math.min(#special, MOST_SPECIAL) do names[index] = ids[special[index]] end
  if #names > 0 then names = call("HMGET", KEY.jobs, unpack(names)) end
  for index = 1, total do
    if special[nth] ~= index then
      spent = spent + plain_cost
    elseif nth > MOST_SPECIAL then
      return index - 1
    else
      local raw = names[nth] or ""
      raws[index] = raw
      local flags = #raw > 1 and byte(raw, 2) or 0
      local is_completed = (events[index] or EVENT.complete) == EVENT.complete
      spent = spent + (flags >= FLAG.step and STEP_COST or flags >= FLAG.gated and GATED_COST
        or flags >= FLAG.limits and LIMITS_COST or is_completed and PAST_COST or RETRY_COST)
      nth = nth + 1
    end
    if spent > most then return index end
  end
  return total
end

if total > 0 then
  local worker = section(SECTION.worker, lease)
  local claims = call("HMGET", KEY.active, unpack(ids))
  -- The outcome of a job that is settled alone and heard by one process, which is how a result is waited for, goes out
  -- without the machinery of notices.
  local alone = total == 1 and call("HGET", KEY.watchers, ids[1])
  local has_watchers = alone or total > 1 and call("EXISTS", KEY.watchers) == 1
  if alone and (string.find(alone, " ", 1, true) or #(data[1] or "") > MOST_ALONE) then alone = nil end
  local found, raws, is_cut = look_at(claims, worker), {}, false
  if #found.special == 0 and not has_watchers and not listening then
    spent = total * PLAIN_COST
  else
    local plain_cost = PLAIN_COST + (has_watchers and WATCHED_COST or 0) + (listening and HEARD_COST or 0)
    local most = affordable(found.special, raws, plain_cost)
    if most < total then
      for index = total, most + 1, -1 do ids[index] = nil end
      total, lease_ms, is_cut = most, 0, true
      found = look_at(claims, worker)
    end
  end
  local statuses, is_all_applied, endings = found.statuses, found.is_all_applied and not is_cut, found.endings
  -- Claims leave first, so that memory is freed before any is used.
  local leaving = found.leaving
  left = #leaving
  if left > 0 and call("HDEL", KEY.active, unpack(leaving)) < left then
    left, is_all_applied = left - refuse_repeated(ids, statuses), false
  end

  if has_watchers and total > 1 then prefetch_watchers(ids) end
  local done, queue, gone, has_special, queued = {}, {}, {}, false, 0
  completing = queue
  for index = 1, total do
    if not statuses[index] then
      local id, ending, event, result = ids[index], endings[index], events[index], data[index] or ""
      if not ending then
        has_special = true
        statuses[index] = settle_special(read_record(id, raws[index], claims[index]), event or EVENT.complete, result, worker)
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
  if #queue > 0 then add_completed(queue, keep_completed) end
  forget(gone)
  if has_special then enter_released() end
  if alone and not statuses[1] then
    call("HDEL", KEY.watchers, ids[1])
    call("PUBLISH", alone, pack("<H", #root) .. root .. notice(STATE.completed, ids[1], 1, data[1] or ""))
  elseif has_watchers and total > 1 then
    forget_prefetched()
  end
  if not is_all_applied then
    for index = 1, total do statuses[index] = statuses[index] or "a" end
    answer = table.concat(statuses)
  end
end
