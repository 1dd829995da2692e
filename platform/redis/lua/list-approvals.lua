-- Ids in the order of their making, newest first, and the time by which they are to be read.
--
-- KEYS  1 all
-- ARGV  none
-- Returns {milliseconds, id, ...}
local answer = redis.call('ZREVRANGE', KEYS[1], 0, -1)
table.insert(answer, 1, string.format('%d', now()))
return answer
