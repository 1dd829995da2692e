-- Keeps a visit, and says which of its account are one too many.
--
-- KEYS  1 visit  2 visits of the account
-- ARGV  1 key of the visit  2 sealed text  3 milliseconds until its end  4 most of an account
-- Returns the keys of those to forget, oldest first
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
-- Two that began in one millisecond stay in their order.
local last = redis.call('ZRANGE', KEYS[2], -1, -1, 'WITHSCORES')
local ends = now + tonumber(ARGV[3])
if last[2] and tonumber(last[2]) >= ends then ends = tonumber(last[2]) + 1 end
redis.call('ZADD', KEYS[2], ends, ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
local surplus = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[4])
if surplus <= 0 then return {} end
local old = redis.call('ZRANGE', KEYS[2], 0, surplus - 1)
redis.call('ZREMRANGEBYRANK', KEYS[2], 0, surplus - 1)
return old
