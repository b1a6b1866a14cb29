-- @include lib/limits-keys.lua
-- @key unique
-- @key idempotent
-- @key debounced
-- The job is over: its keys are free.
local function free_keys(job, limits)
  if limits.unique and call("HGET", KEY.unique, limits.unique.key) == job.id then
    call("HDEL", KEY.unique, limits.unique.key)
  end
  if limits.idempotency and holds_idempotent(job, limits.idempotency) then
    call("PEXPIRE", KEY.idempotent .. limits.idempotency.key, as_text(limits.idempotency.windowMs))
  end
  if limits.debounce then
    local _, id = read_debounced(limits.debounce.key)
    if id == job.id then call("HDEL", KEY.debounced, limits.debounce.key) end
  end
end
