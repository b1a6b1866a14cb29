-- @include lib/final-key.lua
-- @include lib/overdue.lua
-- @key waiting
-- @key prioritized
-- @key parked
-- @key tombstones
-- @key completed
-- @key meta
-- Pages that neither repeat nor hide a job while others come and go. A page goes on behind the last of its
-- ids that is still there; when the last 20 are gone, at the first of the 5 behind them; when those are too, at their place.
local MOST_REMEMBERED = 20
local MOST_AHEAD = 5
local told = last ~= "" and cjson.decode(last) or { {}, {} }
local behind, ahead = told[1], told[2]

local function remember(ids)
  local recent = {}
  for index = #ids, math.max(1, #ids - MOST_REMEMBERED + 1), -1 do recent[#recent + 1] = ids[index] end
  if #recent > 0 then behind = recent end
end

local function end_of(ids, name, place)
  if not name then return { ids = ids, band = "", position = "", last = "" } end
  remember(ids)
  return { ids = ids, band = name, position = as_text(place), last = cjson.encode({ behind, {} }) }
end

-- How many entries of a sorted set to read for `want` and one more. A page that goes on may begin among those of one score.
local function entries_for(want)
  return want + (position == "" and 1 or 1000)
end

-- A sorted set from `from` to `to`, one more than the page to see whether it is the last.
local function sorted_ids(key, from, to, want)
  local start = position ~= "" and as_text(tonumber(position)) or from
  local found = call("ZRANGE", key, start, to, "BYSCORE", "LIMIT", 0, entries_for(want), "WITHSCORES")
  local ids, scores = {}, {}
  for index = 1, #found, 2 do
    local id, score = found[index], tonumber(found[index + 1])
    local is_behind = position == "" or score > tonumber(position) or id > behind[1]
    if is_behind and #ids <= want then
      ids[#ids + 1] = id
      scores[#scores + 1] = score
    end
  end
  return ids, scores
end

local function sorted_page(key, name, from, to)
  local ids, scores = sorted_ids(key, from, to, limit)
  if #ids <= limit then return end_of(ids) end
  ids[limit + 1] = nil
  return end_of(ids, name, scores[limit])
end

-- Ids and scores in turns, the latest first, from the position on.
local function newest_of(key)
  local start = position ~= "" and position or "+inf"
  return call("ZRANGE", key, start, "-inf", "BYSCORE", "REV", "LIMIT", 0, entries_for(limit), "WITHSCORES")
end

-- As newest_of, of jobs that are overdue and will have expired: with the score that they will have then.
local function newest_overdue()
  local start = math.min(now, position ~= "" and tonumber(position) / 1000 or now)
  local found = call("ZRANGE", KEY.ttl, as_text(start), "-inf", "BYSCORE", "REV", "LIMIT", 0, entries_for(limit), "WITHSCORES")
  local kept = {}
  for index = 1, #found, 2 do
    local score = tonumber(found[index + 1])
    if not is_discarded(score) then kept[#kept + 1], kept[#kept + 2] = found[index], as_text(score * 1000) end
  end
  return kept
end

local function is_newer(one, other)
  local one_score, other_score = tonumber(one.score), tonumber(other.score)
  if one_score ~= other_score then return one_score > other_score end
  return one.id > other.id
end

-- Two such lists as one.
local function merged(one, other)
  if #other == 0 then return one end
  local all, list = {}, {}
  for _, part in ipairs({ one, other }) do
    for index = 1, #part, 2 do all[#all + 1] = { id = part[index], score = part[index + 1] } end
  end
  table.sort(all, is_newer)
  for index, each in ipairs(all) do list[index * 2 - 1], list[index * 2] = each.id, each.score end
  return list
end

local function newest_page(found)
  local ids, scores = {}, {}
  for index = 1, #found, 2 do
    local id, score = found[index], tonumber(found[index + 1])
    local is_behind = position == "" or score < tonumber(position) or id < behind[1]
    if is_behind and #ids <= limit then
      ids[#ids + 1] = id
      scores[#scores + 1] = score
    end
  end
  if #ids <= limit then return end_of(ids) end
  ids[limit + 1] = nil
  return end_of(ids, "s", scores[limit])
end

local function expired_page()
  return newest_page(merged(newest_of(KEY.expired), newest_overdue()))
end

local function active_page()
  local found, have = {}, {}
  local cursor = "0"
  repeat
    local scanned = call("HSCAN", KEY.active, cursor, "COUNT", 1000)
    cursor = scanned[1]
    for index = 1, #scanned[2], 2 do
      local id, fence = scanned[2][index], unpack_struct("<I6", scanned[2][index + 1])
      if not have[id] and (position == "" or fence > tonumber(position)) then
        have[id] = true
        found[#found + 1] = { id = id, fence = fence }
      end
    end
  until cursor == "0"
  table.sort(found, function(one, other) return one.fence < other.fence end)
  local ids = {}
  for index = 1, math.min(limit, #found) do ids[index] = found[index].id end
  if #found <= limit then return end_of(ids) end
  return end_of(ids, "s", found[limit].fence)
end

-- Index in a list of the entry that a page ended with. `base` counts what has left the front, but for what was taken out.
local function index_of_last(key, base)
  local index = tonumber(position) - base
  if index >= 0 and call("LINDEX", key, index) == behind[1] then return index end
  for _, id in ipairs(behind) do
    local found = call("LPOS", key, id)
    if found then return found end
  end
  for _, id in ipairs(ahead) do
    local found = call("LPOS", key, id)
    if found then return found - 1 end
  end
  return index
end

local function completed_page()
  local base = tonumber(call("HGET", KEY.meta, "completed") or "0")
  local length = call("LLEN", KEY.completed)
  local before = position == "" and length or math.min(index_of_last(KEY.completed, base), length)
  local from = math.max(0, before - limit)
  local ids = {}
  if before > 0 then
    local oldest_first = call("LRANGE", KEY.completed, from, before - 1)
    for index = #oldest_first, 1, -1 do ids[#ids + 1] = oldest_first[index] end
  end
  if from == 0 then return end_of(ids) end
  return end_of(ids, "l", base + from)
end

-- Entries of the list that count: an id with tombstones has them first.
local function real_entries(ids)
  if #ids == 0 or call("EXISTS", KEY.tombstones) == 0 then return ids end
  local real = {}
  for index, tombstones in ipairs(call("HMGET", KEY.tombstones, unpack(ids))) do
    local raw = tombstones and call("HGET", KEY.jobs, ids[index])
    if not tombstones or (raw and sub(raw, 1, 1) == STATE.waiting and raw and byte(raw, 6) == 0 and byte(raw, 7) == 0
      and call("HEXISTS", KEY.active, ids[index]) == 0 and call("HEXISTS", KEY.done, ids[index]) == 0) then
      real[#real + 1] = ids[index]
    end
  end
  return real
end

local function list_part(want)
  local counters = call("HMGET", KEY.meta, "fence", "skew")
  local base = tonumber(counters[1] or "0") - tonumber(counters[2] or "0")
  local from = position == "" and 0 or math.max(0, index_of_last(KEY.waiting, base) + 1)
  local ids = call("LRANGE", KEY.waiting, from, from + want + MOST_AHEAD - 1)
  local is_last = #ids <= want
  ahead = {}
  for index = want + 1, #ids do
    ahead[#ahead + 1] = ids[index]
    ids[index] = nil
  end
  remember(ids)
  return real_entries(ids), not is_last and base + from + #ids - 1
end

local function sorted_part(key, want, from, to)
  local ids, scores = sorted_ids(key, from, to, want)
  if #ids <= want then return ids, false end
  ids[want + 1] = nil
  remember(ids)
  return ids, scores[want]
end

local function waiting_part(name, want)
  if name == "p" then return sorted_part(KEY.prioritized, want, "-inf", "(0") end
  if name == "l" then return list_part(want) end
  if name == "n" then return sorted_part(KEY.prioritized, want, "(0", "+inf") end
  return sorted_part(KEY.parked, want, "-inf", "+inf")
end

local function is_empty(name)
  if name == "l" then return call("LLEN", KEY.waiting) == 0 end
  if name == "n" then return call("ZCOUNT", KEY.prioritized, "(0", "+inf") == 0 end
  return call("ZCARD", KEY.parked) == 0
end

-- Above 0, the list, below 0, those parked; a page runs on into the next band that has any.
local function waiting_page()
  local next_band = { p = "l", l = "n", n = "a" }
  local ids = {}
  if band == "" then band = "p" end
  while band do
    local part, place = waiting_part(band, limit - #ids)
    for _, id in ipairs(part) do ids[#ids + 1] = id end
    if place then
      return { ids = ids, band = band, position = as_text(place), last = cjson.encode({ behind, ahead }) }
    end
    repeat band = next_band[band] until not band or not is_empty(band)
    position, behind, ahead = "", {}, {}
    if band and #ids >= limit then return { ids = ids, band = band, position = "", last = "" } end
  end
  return end_of(ids)
end
