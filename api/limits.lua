-- Takes one from all windows, or from none where one of them is used up.
-- KEYS: a sorted set for each window, of the microseconds at which something was taken.
-- ARGV: length of the windows in microseconds; the moment in microseconds, or '' for Redis's own clock; then the limit
-- of each window.
-- Answers the number of the window that is used up, or 0; then for each window what is left, and the microseconds
-- until something of it comes back.
local length = tonumber(ARGV[1])
local now
if ARGV[2] == '' then
  local time = redis.call('time')
  now = time[1] * 1000000 + time[2]
else
  now = tonumber(ARGV[2])
end
local answer, spent = {0}, 0
for i, key in ipairs(KEYS) do
  redis.call('zremrangebyscore', key, '-inf', string.format('(%.0f', now - length + 1))
  local left = tonumber(ARGV[i + 2]) - redis.call('zcard', key)
  if left <= 0 and spent == 0 then
    spent = i
  end
  local oldest = redis.call('zrange', key, 0, 0)[1]
  answer[2 * i] = left
  answer[2 * i + 1] = oldest and tonumber(oldest) + length - now or length
end
answer[1] = spent
if spent == 0 then
  for i, key in ipairs(KEYS) do
    local moment = now
    while redis.call('zadd', key, 'nx', string.format('%.0f', moment), string.format('%.0f', moment)) == 0 do
      moment = moment + 1
    end
    redis.call('pexpire', key, math.ceil(length / 1000))
    answer[2 * i] = answer[2 * i] - 1
  end
end
return answer
