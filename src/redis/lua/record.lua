-- Adds what a worker has counted of a task to the spans of now, and its errors to their kinds of today.
-- @arg minute_kept number ms
-- @arg ten_minutes_kept number ms
-- @arg errors_kept number ms
-- @arg most number kinds of errors of a day
-- @arg other text fingerprint of errors of further kinds
-- @arg other_kind text
-- @arg numbers number how many names with their numbers follow; then errors do: fingerprint, number, kind and sample of each
-- @arg items text...
-- @returns number
-- @include lib/clock.lua
-- @key minutes
-- @key tenMinutes
-- @key errors
-- A kind has three fields: how many, since when with kind and first sample, when the last came with its sample.
local FIELDS = 3
local MINUTE_MS, TEN_MINUTES_MS, DAY_MS = 60000, 600000, 86400000

local function add_numbers(key, length, kept)
  key = key .. as_text(math.floor(now / length))
  for index = items, items + 2 * numbers - 2, 2 do call("HINCRBY", key, ARGV[index], ARGV[index + 1]) end
  call("PEXPIRE", key, kept + length)
end

local function add_error(key, index)
  local fingerprint, count, kind, sample = ARGV[index], ARGV[index + 1], ARGV[index + 2], ARGV[index + 3]
  if call("HEXISTS", key, "n" .. fingerprint) == 0 and call("HLEN", key) >= most * FIELDS then
    fingerprint, kind = other, other_kind
  end
  call("HINCRBY", key, "n" .. fingerprint, count)
  call("HSETNX", key, "k" .. fingerprint, as_text(now) .. ":" .. kind .. "\n" .. sample)
  call("HSET", key, "l" .. fingerprint, as_text(now) .. ":" .. sample)
end

if numbers > 0 then
  add_numbers(KEY.minutes, MINUTE_MS, minute_kept)
  add_numbers(KEY.tenMinutes, TEN_MINUTES_MS, ten_minutes_kept)
end
local first = items + 2 * numbers
if first < #ARGV then
  local key = KEY.errors .. as_text(math.floor(now / DAY_MS))
  for index = first, #ARGV, 4 do add_error(key, index) end
  call("PEXPIRE", key, errors_kept + DAY_MS)
end
return 1
