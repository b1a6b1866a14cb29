-- How many completed jobs of so many are too many. The oldest go by hundreds, so that few calls pay for it: there may be a tenth
-- more until then, or until a sweep.
local function excess_of(total, keep)
  local excess = total - keep
  return excess > math.min(100, math.floor(keep / 10)) and excess or 0
end
