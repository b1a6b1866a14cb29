-- Counts what has not ended per state, version and fingerprint, over one stretch of the stored jobs.
-- @arg cursor text "0" at first
-- @returns readonly [cursor: Buffer, rows: Buffer[]]
-- @oom allowed
-- @include lib/job.lua
-- @include lib/body.lua
-- @key jobs
-- @key active
-- Reply: rows of state letter, version, count and fingerprint; the cursor is "0" on the last stretch.
-- Records come whole, so a stretch ends by what it has read as well.
local MOST_LOOKED = 500
local MOST_READ = 1000000
local counted, keys = {}, {}

local function add(state, version, fingerprint)
  local key = state .. " " .. version .. " " .. fingerprint
  if not counted[key] then
    counted[key] = { state = state, version = version, fingerprint = fingerprint, count = 0 }
    keys[#keys + 1] = key
  end
  counted[key].count = counted[key].count + 1
end

local function add_job(id, raw, claim)
  local is_sound = is_readable(raw)
  local state = claim and STATE.active or (is_sound and sub(raw, 1, 1) or locate(id))
  if FINAL[state] then return end
  if is_sound then add(state, stamp_of(raw)) else add(state, "0", "") end
end

local function read_beside(key, ids)
  if #ids == 0 or call("EXISTS", key) == 0 then return {} end
  return call("HMGET", key, unpack(ids))
end

local looked, have_read = 0, 0
repeat
  local page = call("HSCAN", KEY.jobs, cursor, "COUNT", 20)
  cursor = page[1]
  local ids = {}
  for index = 1, #page[2], 2 do ids[#ids + 1] = page[2][index] end
  local claims, endings = read_beside(KEY.active, ids), read_beside(KEY.done, ids)
  for index, id in ipairs(ids) do
    local raw = page[2][index * 2]
    if not endings[index] then add_job(id, raw, claims[index]) end
    have_read = have_read + #raw
  end
  looked = looked + #ids
until cursor == "0" or looked >= MOST_LOOKED or have_read >= MOST_READ
local rows = {}
for index, key in ipairs(keys) do
  local row = counted[key]
  rows[index] = row.state .. " " .. row.version .. " " .. row.count .. " " .. row.fingerprint
end
return { cursor, rows }
