-- What the other scripts share: an offer's hash, and the money that is reserved for it.

local function offer_key(id)
  return 'ads:offer:' .. id
end

local function read(key)
  local flat, facts = redis.call('hgetall', key), {}
  for index = 1, #flat, 2 do
    facts[flat[index]] = flat[index + 1]
  end
  return facts
end

local function number(key, field)
  return tonumber(redis.call('hget', key, field) or '0')
end

-- Give back what is reserved for an offer. Harmless when nothing is.
local function release(id)
  local key = offer_key(id)
  local held = number(key, 'held')
  if held > 0 then
    redis.call('hincrby', 'ads:line:' .. redis.call('hget', key, 'line'), 'reserved', -held)
    redis.call('hincrby', 'ads:adv:' .. redis.call('hget', key, 'adv'), 'reserved', -held)
    redis.call('hset', key, 'held', 0)
  end
  redis.call('zrem', 'ads:due', id)
end

-- No more is heard of this offer.
local function close(id)
  release(id)
  if redis.call('exists', offer_key(id)) == 1 then
    redis.call('hset', offer_key(id), 'over', 1)
  end
end

local function new_day(line, today)
  if redis.call('hget', line, 'day') ~= today then
    redis.call('hset', line, 'day', today, 'day_spent', 0)
  end
end

-- Whether a line and its advertiser can still pay a price.
local function affords(line, adv, price)
  return number(line, 'spent') + number(line, 'reserved') + price <= number(line, 'budget')
    and number(adv, 'spent') + number(adv, 'reserved') + price <= number(adv, 'limit')
end
