-- Ends claims.
-- @arg lease text
-- @arg is_alone number 1 when no claim follows, so that the reply says when something is due
-- @arg keep_completed number
-- @arg keep_failed number
-- @arg keep_cancelled number
-- @arg items text... runs of like settlements: event ("" completes without a result), how many, fence of the first (the next have the next), ids of one length joined; then, unless the event is "", data of each (result with its letter, error, delay:error, reason or delay)
-- @returns readonly [statuses: Buffer, putOut: Buffer[], lost: number, nextDueInMs: number]
-- @include lib/settle-special.lua
-- @include lib/settlements.lua
-- @include lib/holder.lua
-- @include lib/keep-completed.lua
-- @include lib/trim.lua
-- @include lib/next-due.lua
-- @key lost
-- @key jobs
-- @key active
-- @key done
-- Of a batch that would take too long only the beginning is ended. Statuses: "" when each was applied, else a letter for
-- each that was looked at (a applied, c cancelled instead, s stale, m missing).
-- Others than plain completions take up to 20 µs, and plain ones whose end is told up to 9.
local MOST_SPECIAL, MOST_HEARD = 120, 400
kept[STATE.completed], kept[STATE.failed], kept[STATE.cancelled] = keep_completed, keep_failed, keep_cancelled
local ids, fences, events, data, total = read_settlements(items)
local answer = ""

-- What the claims say of each settlement: those that are refused, those that leave, how the end of a plain one begins, who
-- wants its outcome, and which are special.
local function look_at(claims, worker)
  local statuses, is_all_applied, special = {}, true, {}
  -- Jobs claimed together have all but the fence in common: start, flags and holder. `ends` has how the end of a
  -- plain one begins, "" for those of another holder.
  local leaving, ends, asked, endings, watchers, ended_now = {}, {}, {}, {}, {}, pack("<I6", now)
  local function look_at_run(run, claim)
    local holder, names = holder_of(claim)
    local is_plain = byte(claim, CLAIM_BYTES) == CLAIM.plain
    ends[run] = holder ~= lease and "" or is_plain and sub(run, 1, 6) .. ended_now .. worker
    asked[run] = names ~= "" and names or nil
  end
  for index = 1, total do
    local claim = claims[index]
    if not claim then
      statuses[index], is_all_applied = "m", false
    else
      local run = sub(claim, 7)
      if ends[run] == nil then look_at_run(run, claim) end
      local ending = ends[run]
      if ending == "" or unpack_struct("<I6", claim) ~= fences[index] then
        statuses[index], is_all_applied = "s", false
      else
        leaving[#leaving + 1] = ids[index]
        local event = events[index]
        if event and event ~= EVENT.complete then ending = false end
        endings[index], watchers[index] = ending, asked[run]
        if not ending then special[#special + 1] = index end
      end
    end
  end
  return {
    statuses = statuses, is_all_applied = is_all_applied, leaving = leaving, endings = endings, watchers = watchers,
    is_watched = next(asked) ~= nil, special = special,
  }
end

-- How many settlements this script may take on.
local function affordable(special, is_heard)
  local most = is_heard and math.min(total, MOST_HEARD) or total
  return special[MOST_SPECIAL + 1] and math.min(most, special[MOST_SPECIAL + 1] - 1) or most
end

-- Records of special settlements by their place.
local function read_special(special)
  local names, raws = {}, {}
  for index = 1, #special do names[index] = ids[special[index]] end
  for nth, raw in ipairs(#names > 0 and call("HMGET", KEY.jobs, unpack(names)) or {}) do raws[special[nth]] = raw or "" end
  return raws
end

-- A claim ends once, however often a batch names it. Returns how many settlements that refuses.
local function refuse_repeated(ids, statuses)
  local seen, count = {}, 0
  for index, id in ipairs(ids) do
    if not statuses[index] then
      if seen[id] then
        statuses[index] = "m"
        count = count + 1
      end
      seen[id] = true
    end
  end
  return count
end

if total > 0 then
  local worker = section(SECTION.worker, lease)
  local claims = call("HMGET", KEY.active, unpack(ids))
  local found, is_cut = look_at(claims, worker), false
  local most = affordable(found.special, found.is_watched or listening)
  if most < total then
    for index = total, most + 1, -1 do ids[index] = nil end
    total, is_cut = most, true
    found = look_at(claims, worker)
  end
  local raws = read_special(found.special)
  local statuses, is_all_applied, endings = found.statuses, found.is_all_applied and not is_cut, found.endings
  -- Claims leave first, so that memory is freed before any is used.
  local leaving = found.leaving
  local left = #leaving
  if left > 0 and call("HDEL", KEY.active, unpack(leaving)) < left then
    left, is_all_applied = left - refuse_repeated(ids, statuses), false
  end

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
        local watchers = found.watchers[index]
        if watchers then tell(watchers, outcome_entry(id, STATE.completed, 1, result, keep_completed > 0)) end
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
  if #gone > 0 then count_past(STATE.completed, #gone) end
  if has_special then enter_released() end
  if not is_all_applied then
    for index = 1, total do statuses[index] = statuses[index] or "a" end
    answer = table.concat(statuses)
  end
end
if has_finished then trim_touched() end
if noticed then publish_notices() end
if is_alone == 0 then return { answer, put_out, 0, -1 } end
return { answer, put_out, call("ZSCORE", KEY.lost, lease) and 1 or 0, next_due(true) }
