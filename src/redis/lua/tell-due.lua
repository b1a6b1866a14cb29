-- Tells somebody, who need not work on a task, that something is due in it next. The root is that of the store.
-- @arg task_root text
-- @returns number
-- @oom allowed
-- @include lib/known-task.lua
make_known(task_root)
wake_one()
return 1
