-- One page of a state.
-- @arg state text letter
-- @arg order text "oldest": of a state that jobs end in and that is a sorted set, the first of them first
-- @arg limit number
-- @arg band text "" or where the last page ended: p or n (priority above or below 0), l (the list), a (parked), s (a sorted set)
-- @arg position text score, fence or place in the list
-- @arg last text JSON of the ids the last page ended with, newest first
-- @returns readonly [parts: Buffer[], band: Buffer, position: Buffer, last: Buffer]
-- @include lib/snapshot.lua
-- @include lib/page.lua
-- Reply: 8 parts per id as in read; the band is "" on the last page. Overdue jobs are left out where they stand, so a page
-- may be shorter than its limit, and listed with those that have expired.
local page
if state == STATE.waiting then
  page = waiting_page()
elseif state == STATE.active then
  page = active_page()
elseif state == STATE.completed then
  page = completed_page()
elseif state == STATE.delayed then
  page = sorted_page(KEY.delayed, "s", "-inf", "+inf")
elseif state == STATE.retrying then
  page = sorted_page(KEY.retrying, "s", "-inf", "+inf")
elseif state == STATE.expired then
  page = expired_page()
elseif order == "oldest" then
  page = sorted_page(final_key(state), "s", "-inf", "+inf")
else
  page = newest_page(newest_of(final_key(state)))
end
local ids = page.ids
if state == STATE.waiting or state == STATE.delayed then ids = in_time(ids) end
return { snapshots(ids), page.band, page.position, page.last }
