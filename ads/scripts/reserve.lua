-- Reserve a view's price and keep the offer, or say what it fails on. One viewer has one open offer a slot.
local id, price, now, life = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local allowed, today, keep_s = tonumber(ARGV[5]), ARGV[6], tonumber(ARGV[7])
local quiet_ms, cap_count, viewer, network = tonumber(ARGV[8]), tonumber(ARGV[9]), ARGV[10], ARGV[11]
local told, facts = ARGV[12], ARGV[13]
local line_id, adv_id, campaign, channel, format, network_cap = string.match(told, TOLD)
local key, line, adv = offer_key(id), 'ads:line:' .. line_id, 'ads:adv:' .. adv_id
local slot = 'ads:slot:' .. format .. ':' .. viewer

local seen, own, near, before = unpack(redis.call(
  'mget', 'ads:seen:' .. channel .. ':' .. viewer, 'ads:cap:' .. campaign .. ':' .. viewer,
  'ads:net:' .. campaign .. ':' .. network, slot
))
if quiet_ms > 0 and now - tonumber(seen or '0') < quiet_ms then
  return 'quiet'
end
if cap_count > 0 and tonumber(own or '0') >= cap_count then
  return 'cap'
end
if tonumber(near or '0') >= tonumber(network_cap) then
  return 'cap'
end

if before == id then
  -- Asked again, since word of it got lost.
  return 'ok'
end
if before then
  close(before)
end
if price > 0 then
  local can, so_far = affords(line, adv, price, today)
  if not can then
    return 'budget'
  end
  if allowed >= 0 and so_far + price > allowed then
    return 'pace'
  end
  redis.call('hincrby', line, 'reserved', price)
  redis.call('hincrby', adv, 'reserved', price)
end
local terms = told .. ' ' .. ARGV[2] .. ' ' .. viewer .. ' ' .. network
redis.call('hset', key, 'terms', terms, 'facts', facts, 'held', price, 'line', line_id, 'adv', adv_id)
redis.call('expire', key, keep_s)
redis.call('zadd', 'ads:due', now + life, id)
redis.call('set', slot, id, 'EX', keep_s)
return 'ok'
