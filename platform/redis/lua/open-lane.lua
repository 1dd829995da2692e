-- Begins a lane: takes over a log whose writer is gone, or begins a new one. From then on the lane before
-- is refused by append.lua, whoever comes back to write it.
--
-- KEYS  1 head  2 writer  3 lanes  4 the new lane
-- ARGV  1 nonce of this writer  2 milliseconds for which it is the writer
--       3 lane, 4 seq and 5 hash of the head that was seen; empty for a new log
--       6 name of the new lane  7 its ordinal  8 its first line  9 the hash of its record  10 id of the trust key
-- Returns 'OK', 'HELD' (somebody writes) or 'MOVED' (the head is another by now)
local writer = redis.call('GET', KEYS[2])
if writer and writer ~= ARGV[1] then return 'HELD' end
local head = redis.call('HMGET', KEYS[1], 'lane', 'seq', 'hash')
if (head[1] or '') ~= ARGV[3] or (head[2] or '') ~= ARGV[4] or (head[3] or '') ~= ARGV[5] then return 'MOVED' end
redis.call('XADD', KEYS[4], '1-0', 'e', ARGV[8])
redis.call('ZADD', KEYS[3], ARGV[7], ARGV[6])
redis.call('HSET', KEYS[1], 'lane', ARGV[6], 'seq', '1', 'hash', ARGV[9], 'opening', ARGV[8], 'trust', ARGV[10])
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 'OK'
