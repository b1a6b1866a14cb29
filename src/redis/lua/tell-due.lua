-- Tells the store of a task that somebody should look after, and one of those who do when something is due in it next.
-- @arg task_root text
-- @arg is_due number 1 when somebody is to be told
-- @returns number
-- @oom allowed
-- @include lib/known-task.lua
make_known(task_root)
if is_due == 1 then wake_one() end
return 1
