-- Forgets one approval that is over, and the oldest of those that are kept no longer.
--
-- KEYS  1 approval  2 newest  3 ended  4 all
-- ARGV  1 id
-- Returns 1 when it is forgotten, 0 when it was not over
if not redis.call('ZSCORE', KEYS[3], ARGV[1]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZREM', KEYS[4], ARGV[1])
if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
return 1
