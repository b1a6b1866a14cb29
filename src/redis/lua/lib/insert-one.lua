-- @include lib/wake.lua
-- @key jobs
-- @key waiting
-- @key heard
-- One job that is new and of which no event is told, the usual call at low load: it is written without a look at what is stored.
-- Redis is cold then, and making the functions that any other call needs would cost more than all that this one does.
if #ARGV == items + 1 and call("EXISTS", KEY.heard) == 0 then
  local id, body = ARGV[items], ARGV[items + 1]
  local flags = large * FLAG.beside
  if watchers ~= "" then flags = flags + FLAG.watched end
  local raw = pack(HEAD_FORMAT, TO.insert.waiting, flags, 0, 0, 0, now, 0, 0, #body) .. body .. watchers
  if call("HSETNX", KEY.jobs, id, raw) == 1 then
    call("RPUSH", KEY.waiting, id)
    wake_one()
    return {}
  end
end
