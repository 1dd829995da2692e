-- That a review of broken glass is overdue has been noticed: nothing else about the approval changes. KEYS,
-- ARGV and returns as in move.lua.
local edges = {}
for _, state in ipairs({ 'GRANTED', 'CONSUMED', 'DONE', 'EXPIRED', 'REVOKED' }) do
  edges[state] = { [state] = true }
end
return move(edges, now())
