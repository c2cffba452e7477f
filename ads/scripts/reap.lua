-- Give back what was reserved for offers that weren't begun, or that nobody saw to their end; how many there were.
-- What was begun may still be told of, and is billed then if there is budget left.
local due = redis.call('zrangebyscore', 'ads:due', '-inf', ARGV[1], 'LIMIT', 0, 200)
for _, id in ipairs(due) do
  if redis.call('hexists', offer_key(id), 'e_imp') == 1 then
    release(id)
  else
    close(id)
  end
end
return #due
