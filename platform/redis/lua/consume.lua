-- The lock before a call is forwarded: one use of a grant. How many are spent is held twice, so that an
-- approval that somebody writes back as it was does not let a second call through.
--
-- KEYS  as in move.lua, and 7 spent
-- ARGV  as in move.lua, and 11 uses spent so far, by the approval
-- Returns as move.lua, or {'SPENT'} when the approval says less than was spent
if redis.call('HGET', KEYS[1], 'version') ~= ARGV[1] then return { 'STALE' } end
local spent = redis.call('GET', KEYS[7]) or '0'
if spent ~= ARGV[11] then return { 'SPENT' } end
local at = now()
local answer = move({ GRANTED = { GRANTED = true, CONSUMED = true } }, at)
if answer[1] == 'OK' then
  local millis = math.max(tonumber(ARGV[4]) - at, 0) + tonumber(ARGV[5])
  redis.call('SET', KEYS[7], string.format('%d', tonumber(spent) + 1), 'PX', math.ceil(millis))
end
return answer
