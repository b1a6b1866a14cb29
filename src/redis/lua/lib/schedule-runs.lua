-- @include lib/record.lua
-- @key scheduleRuns
-- @key scheduleSlots
-- What is known of a schedule's runs: next slot, last slot, when that was fired (ms, 0: none), how many, the last job.
local RUNS = "<I6I6I6I6"

local function unpack_runs(raw)
  if not raw or #raw < 24 then return { next = 0, last = 0, fired = 0, count = 0, job = "" } end
  local next_slot, last_slot, fired, count = unpack_struct(RUNS, raw)
  return { next = next_slot, last = last_slot, fired = fired, count = count, job = string.sub(raw, 25) }
end

local function read_runs(name)
  return unpack_runs(call("HGET", KEY.scheduleRuns, name))
end

local function write_runs(name, runs)
  call("HSET", KEY.scheduleRuns, name, pack(RUNS, runs.next, runs.last, runs.fired, runs.count) .. runs.job)
  if runs.next > 0 then
    call("ZADD", KEY.scheduleSlots, as_text(runs.next), name)
  else
    call("ZREM", KEY.scheduleSlots, name)
  end
end
