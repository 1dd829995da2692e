-- Cuts off what is archived and says where, in one step. The newest checkpoint and the newest commit of a lane stay: what
-- writes there is held against them. Cutting comes first: a Redis that is full takes nothing before.
--
-- KEYS  1 marker  2 checkpoints  3 lanes  4 the lane to cut  5 its recordings
--       6, 7, ... lanes and recordings that are archived whole
-- ARGV  1 the marker that stands there; empty when there is none  2 the new one
--       3 number of its checkpoint  4 seq of the last record of lane 4  5, 6, ... names of the lanes archived whole
-- Returns 'OK', or 'MOVED' when another marker stands there
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 'MOVED' end
local function cut(stream, last)
  local newest = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  if not newest then return end
  local first = math.min(tonumber(last) + 1, tonumber(string.match(newest[1], '^%d+')))
  redis.call('XTRIM', stream, 'MINID', string.format('%d', first))
end
cut(KEYS[2], ARGV[3])
cut(KEYS[4], ARGV[4])
redis.call('XTRIM', KEYS[5], 'MINID', string.format('%d', ARGV[4] + 1))
for at = 6, #KEYS do redis.call('UNLINK', KEYS[at]) end
for at = 5, #ARGV do redis.call('ZREM', KEYS[3], ARGV[at]) end
redis.call('SET', KEYS[1], ARGV[2])
return 'OK'
