-- Ids of what is past its deadline and does not say so yet.
--
-- KEYS  1 live
-- ARGV  1 how many at most
-- Returns {id, ...}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%d', now()), 'LIMIT', 0, ARGV[1])
