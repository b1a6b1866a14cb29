-- @include lib/holder.lua
-- @key active
-- Walks over active jobs: for what goes wrong, not for each job. Begins at `cursor` and ends when it has seen all, or `most` and
-- the rest of their page; `visit` is given id, claim and holder. Returns the next cursor.
local function each_claim(cursor, most, visit)
  local looked = 0
  repeat
    local page = call("HSCAN", KEY.active, cursor, "COUNT", 1000)
    cursor = page[1]
    looked = looked + #page[2] / 2
    for index = 1, #page[2], 2 do visit(page[2][index], page[2][index + 1], (holder_of(page[2][index + 1]))) end
  until cursor == "0" or looked >= most
  return cursor
end
