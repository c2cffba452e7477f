-- Give back what was reserved for offers of which nothing more is to be heard; how many there were.
local due = redis.call('zrangebyscore', 'ads:due', '-inf', ARGV[1], 'LIMIT', 0, 200)
for _, id in ipairs(due) do
  close(id)
end
return #due
