-- @include lib/settle-special.lua
-- @include lib/lease.lua
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
local ids, statuses, left = {}, {}, 0
for at = items, #ARGV, 4 do ids[#ids + 1] = ARGV[at] end

if #ids > 0 then
  local worker = section(SECTION.worker, lease)
  local found_claims = call("HMGET", KEY.active, unpack(ids))
  local raws = call("HMGET", KEY.jobs, unpack(ids))

  -- Claims leave first, so that memory is freed before any is used.
  local leaving, is_flagged = {}, {}
  for index, id in ipairs(ids) do
    local claim = found_claims[index]
    if not claim then
      statuses[index] = "m"
    else
      local fence, _, flags = unpack_struct(CLAIM_FORMAT, claim)
      if fence ~= tonumber(ARGV[items + index * 4 - 3]) then
        statuses[index] = "s"
      else
        is_flagged[index] = flags ~= 0
        leaving[#leaving + 1] = id
        if sub(claim, CLAIM_BYTES + 1) == lease then left = left + 1 else hold(sub(claim, CLAIM_BYTES + 1), -1) end
      end
    end
  end
  if #leaving > 0 and call("HDEL", KEY.active, unpack(leaving)) < #leaving then
    left = left - refuse_repeated(ids, statuses)
  end

  local has_watchers = call("EXISTS", KEY.watchers) == 1
  if has_watchers then prefetch_watchers(ids) end
  local records, queue, gone, has_special = {}, {}, {}, false
  for index, id in ipairs(ids) do
    if not statuses[index] then
      local raw, event, data = raws[index] or "", ARGV[items + index * 4 - 2], ARGV[items + index * 4 - 1]
      if event ~= EVENT.complete or is_flagged[index] or sub(raw, 1, 4) ~= FIRST or #raw < HEAD_BYTES then
        has_special = true
        statuses[index] = settle_special(read_record(id, raw, found_claims[index]), event, data, worker)
      else
        -- The way of nearly every job: a first attempt without any section ends well.
        statuses[index] = "a"
        if listening then emit(STATE.completed, id, 1, worker .. data) end
        if has_watchers then tell_watchers(id, STATE.completed, 1, data, keep_completed > 0) end
        if keep_completed == 0 then
          gone[#gone + 1] = id
        else
          queue[#queue + 1] = id
          records[#records + 1] = id
          records[#records + 1] = DONE .. sub(raw, 5, 13) .. sub(found_claims[index], 7, 12) .. ended_now
            .. sub(raw, HEAD_BYTES - 3) .. worker .. data
        end
      end
    end
  end

  if #queue > 0 then
    call("HSET", KEY.jobs, unpack(records))
    local excess = math.min(call("RPUSH", KEY.completed, unpack(queue)) - keep_completed, 1000)
    if excess > 0 then
      call("HINCRBY", KEY.meta, "completed", excess)
      forget(call("LPOP", KEY.completed, excess))
    end
  end
  forget(gone)
  if has_special then enter_released() end
  if has_watchers then forget_prefetched() end
end
