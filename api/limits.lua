-- Takes one from all windows, or from none where one of them is used up.
-- KEYS: a list for each window, of the microseconds at which something was taken, the oldest first.
-- ARGV: length of the windows in microseconds; the moment in microseconds, or '' for Redis's own clock; then the limit
-- of each window.
-- Answers the number of the window that is used up, or 0; then for each window that was looked at what is left, and the
-- microseconds until something of it comes back.
local call = redis.call
local length = tonumber(ARGV[1])
local now
if ARGV[2] == '' then
  local time = call('time')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[2])
end
local answer = {0}
for i, key in ipairs(KEYS) do
  local oldest = tonumber(call('lindex', key, 0) or now)
  -- What is far ahead was taken by a clock that has been put back since.
  while oldest <= now - length or oldest > now + length do
    call('lpop', key)
    oldest = tonumber(call('lindex', key, 0) or now)
  end
  local left = tonumber(ARGV[i + 2]) - call('rpush', key, now)
  answer[2 * i] = left
  answer[2 * i + 1] = oldest + length - now
  if left < 0 then
    for taken = 1, i do
      call('rpop', KEYS[taken])
    end
    answer[1] = i
    return answer
  end
  -- Once in that time is enough: what is written goes into Redis's file as well.
  if call('pttl', key) < length / 1000 then
    call('pexpire', key, math.ceil(2 * length / 1000))
  end
end
return answer
