-- A new request, unless another one of the same binding came first or there is no room.
--
-- KEYS  1 approval  2 waiting  3 live  4 all  5 newest
-- ARGV  1 id of the newest approval of the binding that was seen, or empty  2 the entry (JSON)
--       3 its deadline  4 milliseconds that it is kept behind that  5 id
--       6 how many may be live  7 how many one requester may have waiting
-- Returns 'OK', 'MOVED' (read again), 'TAKEN' (the id), 'FULL' or 'WAITING'
if (redis.call('GET', KEYS[5]) or '') ~= ARGV[1] then return 'MOVED' end
if redis.call('EXISTS', KEYS[1]) == 1 then return 'TAKEN' end
local at = now()
local after = '(' .. string.format('%d', at)
if redis.call('ZCOUNT', KEYS[3], after, '+inf') >= tonumber(ARGV[6]) then return 'FULL' end
if redis.call('ZCOUNT', KEYS[2], after, '+inf') >= tonumber(ARGV[7]) then return 'WAITING' end

local last = redis.call('ZREVRANGE', KEYS[4], 0, 0, 'WITHSCORES')
local made = string.format('%d', tonumber(last[2] or '0') + 1)
redis.call('HSET', KEYS[1], 'entry', ARGV[2], 'state', 'PENDING', 'version', '1', 'deadline', ARGV[3], 'made', made)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%d', at))
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[5])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[5])
redis.call('ZADD', KEYS[4], made, ARGV[5])
redis.call('SET', KEYS[5], ARGV[5], 'KEEPTTL')
local millis = tonumber(ARGV[3]) - at + tonumber(ARGV[4])
for _, key in ipairs(KEYS) do keep(key, millis) end
return 'OK'
