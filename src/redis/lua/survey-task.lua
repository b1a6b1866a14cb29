-- Says when something of a task is due.
-- @arg is_own number 1 when the caller works on it
-- @returns number
-- @oom allowed
-- @include lib/due-in.lua
-- Reply: as the last of `survey`.
return due_in(is_own == 1)
