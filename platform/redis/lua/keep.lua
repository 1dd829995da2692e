-- Lets a key live this many milliseconds more at least. Every key of approvals ends by itself.
local function keep(key, millis)
  if redis.call('PTTL', key) < millis then
    redis.call('PEXPIRE', key, math.ceil(millis))
  end
end
