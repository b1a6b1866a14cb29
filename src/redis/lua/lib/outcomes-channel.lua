-- The channel on which a process hears outcomes. Keys begin with the prefix, which has no brace.
local function channel_of(watcher)
  return string.match(root, "^(.-):{") .. ":outcomes:" .. watcher
end
