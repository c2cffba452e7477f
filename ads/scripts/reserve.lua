-- Reserve a view's price and keep the offer, or say what it fails on. One viewer has one open offer a slot.
local id, price, now, life = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local allowed, today, keep_s = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])
local key, line, adv, slot = offer_key(id), KEYS[1], KEYS[2], KEYS[3]

local before = redis.call('get', slot)
if before then
  close(before)
end
if price > 0 then
  new_day(line, today)
  if not affords(line, adv, price) then
    return 'budget'
  end
  if allowed >= 0 and number(line, 'day_spent') + number(line, 'reserved') + price > allowed then
    return 'pace'
  end
  redis.call('hincrby', line, 'reserved', price)
  redis.call('hincrby', adv, 'reserved', price)
end
redis.call('hset', key, 'price', price, 'held', price, 'issued', now, unpack(ARGV, 8))
redis.call('expire', key, keep_s)
redis.call('zadd', 'ads:due', now + life, id)
redis.call('set', slot, id, 'EX', keep_s)
return 'ok'
