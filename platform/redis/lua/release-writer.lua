-- Lets go of a log, so that the next start takes it over at once.
--
-- KEYS  1 writer
-- ARGV  1 nonce of this writer
-- Returns 1, or 0 when somebody else writes
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
