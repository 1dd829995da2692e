-- Somebody goes on without a decision. KEYS, ARGV and returns as in move.lua.
return move({ PENDING = { GRANTED = true } }, now())
