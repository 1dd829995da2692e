-- One checkpoint of a log, by whoever writes its newest lane. The same one again is taken as done.
--
-- KEYS  1 head  2 checkpoints
-- ARGV  1 name of the lane  2 number of the checkpoint  3 line
-- Returns {'OK'}, {'DUP'}, {'FORK'} when another lane is written or another checkpoint has the number, or
-- {'GAP', number} when those after that number are missing
if redis.call('HGET', KEYS[1], 'lane') ~= ARGV[1] then return { 'FORK' } end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
local number = last and tonumber(string.match(last[1], '^%d+')) or 0
if last and number == tonumber(ARGV[2]) and last[2][2] == ARGV[3] then return { 'DUP' } end
if number >= tonumber(ARGV[2]) then return { 'FORK' } end
if number + 1 < tonumber(ARGV[2]) then return { 'GAP', string.format('%d', number) } end
redis.call('XADD', KEYS[2], ARGV[2] .. '-0', 'c', ARGV[3])
return { 'OK' }
