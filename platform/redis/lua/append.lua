-- One group commit and the recordings that it names. Refuses gaps, forks and regressions; the same commit
-- again is taken as done.
--
-- KEYS  1 head  2 lane  3 recordings
-- ARGV  1 name of the lane  2 seq of its first record  3 hash of the record before
--       4 seq and 5 hash of its last record  6 line  7, 8, ... digest and bytes of each recording
-- Returns {'OK'}, {'DUP'}, or {'FORK', lane, seq, hash}: where the log is instead
local head = redis.call('HMGET', KEYS[1], 'lane', 'seq', 'hash')
local fork = { 'FORK', head[1] or '', head[2] or '', head[3] or '' }
if head[1] ~= ARGV[1] then return fork end
if head[2] == ARGV[4] and head[3] == ARGV[5] then return { 'DUP' } end
if tonumber(head[2]) + 1 ~= tonumber(ARGV[2]) or head[3] ~= ARGV[3] then return fork end
for at = 7, #ARGV, 2 do
  local id = ARGV[2] .. '-' .. string.format('%d', (at - 5) / 2)
  redis.call('XADD', KEYS[3], id, 'd', ARGV[at], 'b', ARGV[at + 1])
end
redis.call('XADD', KEYS[2], ARGV[2] .. '-0', 'e', ARGV[6])
redis.call('HSET', KEYS[1], 'seq', ARGV[4], 'hash', ARGV[5])
return { 'OK' }
