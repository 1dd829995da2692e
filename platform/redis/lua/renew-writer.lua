-- Says again who writes a log. While Redis was away the key may have ended; as long as nobody took the log
-- over it is still ours.
--
-- KEYS  1 head  2 writer
-- ARGV  1 nonce of this writer  2 milliseconds  3 name of the lane it writes
-- Returns 1, or 0 when the log is another's
if redis.call('HGET', KEYS[1], 'lane') ~= ARGV[3] then return 0 end
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
return 1
