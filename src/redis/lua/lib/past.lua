-- @include lib/clock.lua
-- @key meta
-- How many jobs of a task ended in a state: those in the index of that state, and those that were there or passed it by, which
-- are counted here. Of completed ones lib/trim.lua and lib/keep-completed.lua count those that they take out, for pages. So a
-- job costs nothing as long as it is kept.
local function count_past(state, count)
  call("HINCRBY", KEY.meta, "past:" .. state, count)
end
