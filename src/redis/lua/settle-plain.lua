-- Completes plain jobs and plain steps of workflows, and takes the next, in a task whose jobs are all plain.
-- @arg lease text
-- @arg lease_ms number 0: takes none
-- @arg count number jobs to take, at most 1 000
-- @arg keep number of completed jobs that may stay
-- @arg items text... as in `settle`, of completions alone
-- @returns readonly [isDone?: number, steps?: number[], claim?: readonly [lost: number, nextDueInMs: number, fence: number, ids: Buffer | Buffer[], records: Buffer[], recovered: Buffer[], unseen: number, now: number]]
-- @first lib/settle-one.lua
-- @include lib/take-plain.lua
-- @include lib/settlements.lua
-- @include lib/outcomes.lua
-- @include lib/holder.lua
-- @include lib/keep-completed.lua
-- @include lib/step-entry.lua
-- @include lib/past.lua
-- @key jobs
-- @key active
-- @key done
-- @key completed
-- @key outbox
-- @key meta
-- Reply: nothing where `settle` must look, then nothing was done; without a claim where `claim` must. Positions (from 1) of
-- steps, whose ends the outbox has.
if ended then
  drop_completed(excess)
  return ended
end
if lease_ms > 0 and not is_plain_task() then return {} end
local ids, fences, _, data, total, runs = read_settlements(items)

-- How the end of each begins, which are steps, and who wants the outcomes: nil when one is not a plain first attempt under
-- this lease and fence.
local function endings_of(claims)
  local worker, ended_now = section(SECTION.worker, lease), pack("<I6", now)
  -- Jobs claimed together have all but the fence in common: start, flags and holder.
  local known, asked, endings, steps, watchers, seen = {}, {}, {}, {}, nil, {}
  for index = 1, total do
    local claim = claims[index]
    -- A repeated id can only be in another run.
    if not claim or unpack_struct("<I6", claim) ~= fences[index] or runs > 1 and seen[ids[index]] then return nil end
    if runs > 1 then seen[ids[index]] = true end
    local run = sub(claim, 7)
    local ending = known[run]
    if not ending then
      local flags = byte(claim, CLAIM_BYTES)
      local holder, names = holder_of(claim)
      if holder ~= lease or flags ~= CLAIM.plain and flags ~= CLAIM.step then return nil end
      ending = sub(run, 1, 6) .. ended_now .. worker
      known[run] = ending
      if names ~= "" then asked[run], watchers = names, watchers or {} end
    end
    endings[index] = ending
    if watchers then watchers[index] = asked[run] end
    if byte(claim, CLAIM_BYTES) == CLAIM.step then steps[#steps + 1] = index end
  end
  return endings, steps, watchers
end

local function put_steps(steps)
  local entries = {}
  for nth, index in ipairs(steps) do
    entries[nth * 2 - 1] = ids[index]
    entries[nth * 2] = outbox_entry(STATE.completed, step_of(ids[index]), data[index] or "")
  end
  call("HSET", KEY.outbox, unpack(entries))
end

local endings, steps, watchers = endings_of(call("HMGET", KEY.active, unpack(ids)))
if not endings then return {} end

-- Claims leave first, so that memory is freed before any is used.
call("HDEL", KEY.active, unpack(ids))
for index = 1, watchers and total or 0 do
  if watchers[index] then tell(watchers[index], outcome_entry(ids[index], STATE.completed, 1, data[index] or "", keep > 0)) end
end
if keep == 0 then
  forget(ids)
  count_past(STATE.completed, total)
else
  local done = {}
  for index = 1, total do
    done[index * 2 - 1], done[index * 2] = ids[index], data[index] and endings[index] .. data[index] or endings[index]
  end
  call("HSET", KEY.done, unpack(done))
  add_completed(ids, keep)
end
if #steps > 0 then put_steps(steps) end
local reply = { 0, -1, 0, "", {}, {}, 0, now }
if lease_ms > 0 then reply = take_plain(count, total) end
if noticed then publish_outcomes() end
return { 1, steps, reply }
