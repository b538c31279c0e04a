-- Takes from all budgets, or from none where one of them is used up.
-- KEYS: a counter for each budget. ARGV, for each: its limit, what is taken, what is still owed to it, seconds to keep.
-- Answers 0, or the number of the first that is used up.
for i, key in ipairs(KEYS) do
  local owed = tonumber(ARGV[4 * i - 1])
  if owed ~= 0 then
    redis.call('incrby', key, owed)
    redis.call('expire', key, ARGV[4 * i])
  end
end
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('get', key) or '0') >= tonumber(ARGV[4 * i - 3]) then
    return i
  end
end
for i, key in ipairs(KEYS) do
  redis.call('incrby', key, ARGV[4 * i - 2])
  redis.call('expire', key, ARGV[4 * i])
end
return 0
