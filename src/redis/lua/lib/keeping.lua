-- @include lib/retention.lua
-- @key meta
-- How the last sweep that was told keeps the jobs of this task: how many of each final state, how often a job may lose
-- its worker, and the error it ends with then, with blanks between them. Of a sweep that is told: `said`.
local function keeping_of(said)
  local text = said ~= "" and said or call("HGET", KEY.meta, "keeping")
  if not text then return nil end
  local completed, failed, cancelled, expired, limit, failure = string.match(text, "^(%d+) (%d+) (%d+) (%d+) (%d+) (.*)$")
  return {
    [STATE.completed] = tonumber(completed), [STATE.failed] = tonumber(failed),
    [STATE.cancelled] = tonumber(cancelled), [STATE.expired] = tonumber(expired),
    stall_limit = tonumber(limit), stalled_error = failure,
  }
end

-- Fills in what this script was not told.
local function recall_kept(said)
  local keeping = keeping_of(said or "")
  if not keeping then return end
  for state, count in pairs(keeping) do kept[state] = kept[state] or count end
end
