-- Settlements as `settle` is passed them: runs of like ones, from `at` in ARGV on.
-- Returns ids, fences, events ("" of the argument: nil), data, how many, and in how many runs.
local function read_settlements(at)
  local ids, fences, events, data, total, runs = {}, {}, {}, {}, 0, 0
  while at <= #ARGV do
    local event, size, fence, joined = ARGV[at], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), ARGV[at + 3]
    local length = #joined / size
    at, runs = at + 4, runs + 1
    for index = 1, size do
      total = total + 1
      ids[total] = sub(joined, (index - 1) * length + 1, index * length)
      fences[total] = fence + index - 1
    end
    if event ~= "" then
      for index = total - size + 1, total do
        events[index], data[index] = event, ARGV[at]
        at = at + 1
      end
    end
  end
  return ids, fences, events, data, total, runs
end
