-- @include lib/limits-keys.lua
-- @key unique
-- @key idempotent
local function take_idempotent(job, idempotency)
  call("SET", KEY.idempotent .. idempotency.key, idempotency.digest .. " " .. job.id)
end

-- The job is waiting, perhaps for another time: keys that were freed in between are its own again.
local function hold_keys(job, limits)
  if job.holds_keys then return end
  if limits.unique then call("HSETNX", KEY.unique, limits.unique.key, job.id) end
  if limits.idempotency then
    if not read_idempotent(limits.idempotency.key) then
      take_idempotent(job, limits.idempotency)
    elseif holds_idempotent(job, limits.idempotency) then
      call("PERSIST", KEY.idempotent .. limits.idempotency.key)
    end
  end
end
