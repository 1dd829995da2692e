-- A call that spent a use has its outcome; also after the rest of its window ended in another way.
-- KEYS, ARGV and returns as in move.lua.
return move({
  GRANTED = { GRANTED = true },
  CONSUMED = { CONSUMED = true, DONE = true },
  EXPIRED = { EXPIRED = true },
  REVOKED = { REVOKED = true },
}, now())
