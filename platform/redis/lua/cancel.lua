-- The requester does not want it any more. KEYS, ARGV and returns as in move.lua.
return move({ PENDING = { CANCELLED = true } }, now())
