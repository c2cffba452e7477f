-- Take an event if it may be true, bill it if it is what the line pays for, and write it to the stream: all or nothing.
local id, event, now, today = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
local key = offer_key(id)
local offer = read(key)
if not offer.line then
  return {'gone', 0}
end
if offer.viewer ~= ARGV[5] then
  return {'viewer', 0}
end
if offer.over or offer['e_' .. event] or (offer.e_skip and event ~= 'click') then
  return {'told', 0}
end

local length = tonumber(offer.duration_ms)
local needs = {
  imp = 0, click = 0, skip = tonumber(offer.skip_ms), complete = length,
  v2 = offer.format == 'chat' and 1000 or 2000, view = math.min(30000, length),
  q1 = length * 0.25, mid = length * 0.5, q3 = length * 0.75,
}
if event ~= 'imp' then
  if not offer.imp then
    return {'early', 0}
  end
  -- Clocks of media run a little faster than those of servers.
  if now - tonumber(offer.imp) < needs[event] * 0.95 - 500 and needs[event] > 0 then
    return {'early', 0}
  end
end

local line, adv = 'ads:line:' .. offer.line, 'ads:adv:' .. offer.adv
local function bill()
  local price, held = tonumber(offer.price), tonumber(offer.held)
  if price == 0 or offer.billed then
    return 0
  end
  new_day(line, today)
  if held > 0 then
    release(id)
  elseif not affords(line, adv, price) then
    return 0
  end
  redis.call('hincrby', line, 'spent', price)
  redis.call('hincrby', line, 'day_spent', price)
  redis.call('hincrby', adv, 'spent', price)
  redis.call('hset', key, 'billed', 1)
  return price
end

local billed = 0
if event == 'imp' then
  -- Offers may have been gathered first, and be told of together.
  local many = 'ads:net:' .. offer.campaign .. ':' .. offer.network
  if tonumber(redis.call('get', many) or '0') >= tonumber(offer.network_cap) then
    close(id)
    return {'gone', 0}
  end
  redis.call('zadd', 'ads:due', now + length + 5000, id)
  local cap = 'ads:cap:' .. offer.campaign .. ':' .. offer.viewer
  if redis.call('incr', cap) == 1 then
    redis.call('expire', cap, offer.cap_s)
  end
  if redis.call('incr', many) == 1 then
    redis.call('expire', many, 3600)
  end
  redis.call('set', 'ads:seen:' .. offer.channel .. ':' .. offer.viewer, now, 'EX', 7200)
elseif event == 'skip' then
  release(id)
end
local pays = {cpv = {view = true, click = true}, vcpm = {v2 = true}, cpc = {click = true}}
if pays[offer.model][event] then
  billed = bill()
end
if event == 'imp' then
  redis.call('hset', key, 'imp', now, 'e_imp', now)
else
  redis.call('hset', key, 'e_' .. event, now)
end
redis.call('xadd', 'ads:events', '*', 'offer', id, 'event', event, 'at', now, 'billed', billed, 'facts', offer.facts)
return {'ok', billed}
