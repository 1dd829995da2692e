-- An approver takes a grant back. KEYS, ARGV and returns as in move.lua.
return move({ GRANTED = { REVOKED = true } }, now())
