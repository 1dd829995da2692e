-- What all transitions of an approval share: compare-and-set on its version, and the indexes.
--
-- KEYS  1 approval  2 waiting  3 live  4 ended  5 all  6 newest
-- ARGV  1 version that was seen  2 the next entry (JSON)  3 its state  4 its deadline, 0 when over
--       5 milliseconds that it is kept behind its deadline  6 channel  7 id  8 how many ended are kept
--       9 `due` where the deadline must have passed, `early` where it must not, `any`
--       10 `owing` where it must not be forgotten, `free`
-- Returns
--   {'OK', id, ...}  done; the ids are of ended approvals beyond those that are kept, a few of them
--   {'STALE'}        somebody was quicker, or the deadline came meanwhile: read again
--   {'FORBIDDEN'}    no transition leads there
local LIVE = { PENDING = true, GRANTED = true }
-- Each step ends one at most; a few more make up for those that could not be forgotten before.
local FORGOTTEN_AT_ONCE = 16

local function move(edges, at)
  local held = redis.call('HMGET', KEYS[1], 'version', 'state', 'deadline', 'made')
  if held[1] ~= ARGV[1] then return { 'STALE' } end
  if not (edges[held[2]] and edges[held[2]][ARGV[3]]) then return { 'FORBIDDEN' } end
  local isOver = LIVE[held[2]] and at >= tonumber(held[3])
  if ARGV[9] == 'due' and not isOver then return { 'STALE' } end
  if ARGV[9] == 'early' and isOver then return { 'STALE' } end

  local version = string.format('%d', tonumber(held[1]) + 1)
  redis.call('HSET', KEYS[1], 'entry', ARGV[2], 'state', ARGV[3], 'version', version, 'deadline', ARGV[4])
  if ARGV[3] ~= 'PENDING' then redis.call('ZREM', KEYS[2], ARGV[7]) end
  if LIVE[ARGV[3]] then
    redis.call('ZADD', KEYS[3], ARGV[4], ARGV[7])
  else
    redis.call('ZREM', KEYS[3], ARGV[7])
    if ARGV[10] == 'free' then redis.call('ZADD', KEYS[4], held[4], ARGV[7]) end
  end
  local millis = math.max(tonumber(ARGV[4]) - at, 0) + tonumber(ARGV[5])
  for _, key in ipairs({ KEYS[1], KEYS[3], KEYS[4], KEYS[5], KEYS[6] }) do keep(key, millis) end
  redis.call('PUBLISH', ARGV[6], ARGV[7] .. ' ' .. version)

  local answer = { 'OK' }
  local surplus = math.min(redis.call('ZCARD', KEYS[4]) - tonumber(ARGV[8]), FORGOTTEN_AT_ONCE)
  if surplus > 0 then
    for _, id in ipairs(redis.call('ZRANGE', KEYS[4], 0, surplus - 1)) do answer[#answer + 1] = id end
  end
  return answer
end
