-- Take an event if it may be true, bill it if it is what the line pays for, and write it to the stream: all or nothing.
local id, event, now, today = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local key = offer_key(id)
local offer = read(key)
if not offer.terms then
  return {'gone', 0}
end
local line_id, adv_id, campaign, channel, format, network_cap, model, length, skip_ms, cap_s, price, viewer, network =
  string.match(offer.terms, TERMS)
if viewer ~= ARGV[5] then
  return {'viewer', 0}
end
if offer.over or offer['e_' .. event] or (offer.e_skip and event ~= 'click') then
  return {'told', 0}
end

length, price = tonumber(length), tonumber(price)
local needs = {
  imp = 0, click = 0, skip = tonumber(skip_ms), complete = length,
  v2 = format == 'chat' and 1000 or 2000, view = math.min(30000, length),
  q1 = length * 0.25, mid = length * 0.5, q3 = length * 0.75,
}
if event ~= 'imp' then
  if not offer.e_imp then
    return {'early', 0}
  end
  -- Clocks of media run a little faster than those of servers.
  if now - tonumber(offer.e_imp) < needs[event] * 0.95 - 500 and needs[event] > 0 then
    return {'early', 0}
  end
end

local line, adv = 'ads:line:' .. line_id, 'ads:adv:' .. adv_id
local function bill()
  if price == 0 or offer.billed then
    return 0
  end
  if tonumber(offer.held) > 0 then
    release(id)
  elseif not affords(line, adv, price, today) then
    return 0
  end
  if redis.call('hget', line, 'day') ~= today then
    redis.call('hset', line, 'day', today, 'day_spent', 0)
  end
  redis.call('hincrby', line, 'spent', price)
  redis.call('hincrby', line, 'day_spent', price)
  redis.call('hincrby', adv, 'spent', price)
  redis.call('hset', key, 'billed', 1)
  return price
end

-- One more of what stands under a key, which goes some time after its first.
local function count(key, found, seconds)
  if found then
    redis.call('incr', key)
  else
    redis.call('set', key, 1, 'EX', seconds)
  end
end

local billed = 0
if event == 'imp' then
  -- Offers may have been gathered first, and be told of together.
  local cap, many = 'ads:cap:' .. campaign .. ':' .. viewer, 'ads:net:' .. campaign .. ':' .. network
  local own, near = unpack(redis.call('mget', cap, many))
  if tonumber(near or '0') >= tonumber(network_cap) then
    close(id)
    return {'gone', 0}
  end
  redis.call('zadd', 'ads:due', now + length + 5000, id)
  count(cap, own, cap_s)
  count(many, near, 3600)
  redis.call('set', 'ads:seen:' .. channel .. ':' .. viewer, now, 'EX', 7200)
elseif event == 'skip' then
  release(id)
end
local pays = {cpv = {view = true, click = true}, vcpm = {v2 = true}, cpc = {click = true}}
if pays[model][event] then
  billed = bill()
end
redis.call('hset', key, 'e_' .. event, now)
redis.call('xadd', 'ads:events', '*', 'offer', id, 'event', event, 'at', now, 'billed', billed, 'facts', offer.facts)
return {'ok', billed}
