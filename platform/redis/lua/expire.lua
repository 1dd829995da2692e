-- A deadline has passed. KEYS, ARGV and returns as in move.lua.
return move({ PENDING = { EXPIRED = true }, GRANTED = { EXPIRED = true } }, now())
