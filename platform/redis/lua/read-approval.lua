-- One approval, and the time by which it is to be read.
--
-- KEYS  1 approval
-- ARGV  none
-- Returns {milliseconds, entry (JSON)}, or {milliseconds} when there is none
local entry = redis.call('HGET', KEYS[1], 'entry')
local at = string.format('%d', now())
return entry and { at, entry } or { at }
