-- @include lib/record.lua
-- @key extras
-- @key progress
-- @key limits
-- @key history
-- @key logs
-- @key messages
-- @key graph
-- @key work
-- @key outbox
-- What few jobs have: progress, log lines, messages, past attempts, limits, a workflow. `extras` says which, by letters, so that a
-- plain job pays nothing when it goes.
local function mark_extra(id, letter)
  local letters = call("HGET", KEY.extras, id) or ""
  if not string.find(letters, letter, 1, true) then call("HSET", KEY.extras, id, letters .. letter) end
end

-- Deletes what the jobs have beside their record.
local function forget_extras(ids)
  local with, keys = {}, {}
  for index, letters in ipairs(call("HMGET", KEY.extras, unpack(ids))) do
    if letters then
      local id = ids[index]
      with[#with + 1] = id
      keys[#keys + 1] = KEY.history .. id
      keys[#keys + 1] = KEY.logs .. id
      if string.find(letters, "m", 1, true) then keys[#keys + 1] = KEY.messages .. id end
      -- Where its end has not been acted on yet the graph is still needed.
      if string.find(letters, "w", 1, true) and call("HEXISTS", KEY.outbox, "<" .. id) == 0 then
        keys[#keys + 1] = KEY.graph .. id
        keys[#keys + 1] = KEY.work .. id
      end
    end
  end
  if #with == 0 then return end
  call("UNLINK", unpack(keys))
  call("HDEL", KEY.progress, unpack(with))
  call("HDEL", KEY.limits, unpack(with))
  call("HDEL", KEY.extras, unpack(with))
end
