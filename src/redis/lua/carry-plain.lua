-- Inserts first runs of plain steps into one task, and acknowledges what its outbox holds.
-- @arg delivered number how many entries of the outbox have been delivered
-- @arg items text... id and "1" when it was sent again, of each entry; then id, body of each step
-- @returns number
-- @include lib/carry-steps.lua
local first_step = items + delivered * 2
acknowledge(items, first_step - 1)
local ids = {}
for at = first_step, #ARGV, 2 do ids[#ids + 1] = ARGV[at] end
if #ids > 0 then
  local known = known_steps(ids)
  for index, id in ipairs(ids) do
    if not known[index] then add_plain(id, ARGV[first_step + index * 2 - 1]) end
  end
  store_plain()
end
if noticed then publish_notices() end
return 1
