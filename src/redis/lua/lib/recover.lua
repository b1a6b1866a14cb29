-- @include lib/claims.lua
-- @include lib/payload.lua
-- @key jobs
-- Jobs this lease holds beyond fence `seen`, at most `count`: claimed by a call whose answer was lost.
-- Returns them and how many more there are.
local function recover(lease, seen, count)
  local unseen, more = {}, 0
  for _, claim in ipairs(claims_of(lease)) do
    if claim.fence > seen and #unseen < count * 3 then
      unseen[#unseen + 1] = claim.id
      unseen[#unseen + 1] = whole(claim.id, call("HGET", KEY.jobs, claim.id) or "")
      unseen[#unseen + 1] = as_text(claim.fence)
    elseif claim.fence > seen then
      more = more + 1
    end
  end
  return unseen, more
end
