-- @include lib/outbox.lua
-- @include lib/step-entry.lua
-- @key outbox
-- What becomes of a workflow's own job and of its steps is put into the outbox of their slot, in the atomic step in
-- which it happens; whoever is told of it moves the workflow on, and acknowledges the entry then.
-- The entry of a workflow's own job has no run; it is under ">" and the id when it has entered, under "<" and the id when it
-- is over.
local function put_news(id, state, step, value)
  local entry = outbox_entry(state, step, value)
  call("HSET", KEY.outbox, id, entry)
  tell_outbox(id, entry)
end
