-- One vote: the request goes on waiting, is granted, or is denied. KEYS, ARGV and returns as in move.lua.
return move({ PENDING = { PENDING = true, GRANTED = true, DENIED = true } }, now())
