-- What the other scripts share: an offer's hash, and the money that is reserved for it.

-- What an offer is made on never changes: it is one text, written and read at once. First what Python tells of a line in
-- a place, then the price, the viewer and their network, which may be anything.
local TOLD = '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)'
local TERMS = TOLD .. ' (%S+) (%S+) (.*)$'

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

-- What stands under some fields, as numbers: 0 where nothing does.
local function numbers(key, ...)
  local found = redis.call('hmget', key, ...)
  for index = 1, #found do
    found[index] = tonumber(found[index] or '0')
  end
  return unpack(found)
end

-- Give back what is reserved for an offer. Harmless when nothing is.
local function release(id)
  local key = offer_key(id)
  local held, line, adv = unpack(redis.call('hmget', key, 'held', 'line', 'adv'))
  if tonumber(held or '0') > 0 then
    redis.call('hincrby', 'ads:line:' .. line, 'reserved', -held)
    redis.call('hincrby', 'ads:adv:' .. adv, 'reserved', -held)
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

-- Whether a line and its advertiser can still pay a price; and what the line has spent today, or reserved.
local function affords(line, adv, price, today)
  local spent, reserved, budget, day, day_spent = numbers(line, 'spent', 'reserved', 'budget', 'day', 'day_spent')
  local all, open, limit = numbers(adv, 'spent', 'reserved', 'limit')
  local so_far = reserved + (day == tonumber(today) and day_spent or 0)
  return spent + reserved + price <= budget and all + open + price <= limit, so_far
end
