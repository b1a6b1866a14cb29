-- Pauses a task, or lets it go on.
-- @arg pausing number 1 to pause, 0 to resume
-- @returns number
-- @oom allowed
-- @include lib/publish-events.lua
-- @include lib/has-next.lua
-- @include lib/wake.lua
-- @key paused
-- @key notices
-- Reply: 1, or 0 when it was so already. The notice to workers is one of a cancel without an id.
if pausing == 1 then
  if call("SETNX", KEY.paused, as_text(now)) == 0 then return 0 end
  call(spread or "PUBLISH", KEY.notices, pack("<HI4", 0, 0))
  emit(NOTICE.paused, "", 0, "")
else
  if call("DEL", KEY.paused) == 0 then return 0 end
  if has_next() or has_suspects() then wake_one() end
  emit(NOTICE.resumed, "", 0, "")
end
if noticed then publish_events() end
return 1
