-- One checkpoint of a log, by whoever writes its newest lane. The same one again is taken as done.
--
-- KEYS  1 head  2 checkpoints
-- ARGV  1 name of the lane  2 number of the checkpoint  3 line
-- Returns 'OK', 'DUP', or 'FORK' when another lane is written or another checkpoint has the number
if redis.call('HGET', KEYS[1], 'lane') ~= ARGV[1] then return 'FORK' end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if last and last[1] == ARGV[2] .. '-0' and last[2][2] == ARGV[3] then return 'DUP' end
if last and tonumber(string.match(last[1], '^%d+')) >= tonumber(ARGV[2]) then return 'FORK' end
redis.call('XADD', KEYS[2], ARGV[2] .. '-0', 'c', ARGV[3])
return 'OK'
