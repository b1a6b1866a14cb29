-- Says the numbers that stand above those of a task's jobs at its gates.
-- @arg said text JSON, see lib/gates.lua; "": those of the jobs hold
-- @returns number
-- @oom allowed
-- @include lib/job.lua
-- @include lib/gates.lua
-- @key meta
-- @key parked
-- @key blocked
-- Reply: 1, or 0 when it was so already. Looking at a job that waits takes about 10 µs.
local MOST_LOOKED = 200

-- Those who fit now come back when somebody looks. What nobody looks at here is looked at when a job of its key ends, or by
-- the timer that it has.
local function look_at_gates()
  look_again({ name = "l" })
  look_again({ name = "r" })
  for _, id in ipairs(call("ZRANGE", KEY.parked, 0, MOST_LOOKED - 1)) do
    local job = load_job(id)
    for _, gate in ipairs(job and gates_of(job) or {}) do
      if call("ZSCORE", KEY.blocked .. gate.name, id) then set_timer(gate.name, now_us) end
    end
  end
end

if (call("HGET", KEY.meta, "limits") or "") == said then return 0 end
if said == "" then call("HDEL", KEY.meta, "limits") else call("HSET", KEY.meta, "limits", said) end
look_at_gates()
wake_one()
return 1
