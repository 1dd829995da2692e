-- Ids in the order of their making, newest first, and the time by which they are to be read. What is live comes even where
-- more is kept than anybody reads at once, behind the newest of all.
--
-- KEYS  1 all  2 live
-- ARGV  1 how many of all at most  2 how many of those that are live at most
-- Returns {milliseconds, id, ...}
local at = string.format('%d', now())
local answer = redis.call('ZREVRANGE', KEYS[1], 0, ARGV[1] - 1)
table.insert(answer, 1, at)
if redis.call('ZCARD', KEYS[1]) <= tonumber(ARGV[1]) then return answer end

local listed = {}
for _, id in ipairs(answer) do listed[id] = true end
local older = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. at, '+inf', 'LIMIT', 0, ARGV[2])) do
  local made = not listed[id] and redis.call('ZSCORE', KEYS[1], id)
  if made then older[#older + 1] = { id = id, made = tonumber(made) } end
end
table.sort(older, function(one, other) return one.made > other.made end)
for _, each in ipairs(older) do answer[#answer + 1] = each.id end
return answer
