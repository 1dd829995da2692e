-- Of all that spend one nonce, one gets `spent`.
--
-- KEYS  1 nonces
-- ARGV  1 nonce  2 when it expires  3 how many may be spent and not expired
--       4 the longest life of a nonce in milliseconds
-- Returns 'spent', 'already', 'expired', 'FULL' or 'FAR'
local at, ends = now(), tonumber(ARGV[2])
if ends > at + tonumber(ARGV[4]) then return 'FAR' end
if ends <= at then return 'expired' end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%d', at))
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 'already' end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 'FULL' end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
keep(KEYS[1], ends - at)
return 'spent'
