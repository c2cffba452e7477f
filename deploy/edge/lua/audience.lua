-- Who watches: each player tells every fifteen seconds that it plays and how far behind live it is. What the workers
-- gather goes to Redis every other second, where streaming/watching.py counts it: per media path `watching:<path>` has
-- the players by when they were last seen, `latency:<path>` the same players by their delay in milliseconds.
local redis = require "nginx.redis"

local FLUSH_S, TIMEOUT_MS = 2, 1000
local KEPT_S = 120
-- Nobody has that many viewers on one worker within two seconds.
local MOST_WAITING = 20000
local LONGEST_DELAY_MS = 600000

local _M = {}
local address = {}
local seen, waiting = {}, 0

function _M.configure(...) address = { ... } end

-- Content phase of a player's sign of life. Whether it may watch was checked before.
function _M.note(media_path, player, latency_ms)
  ngx.req.discard_body()
  if not player or not player:match("^%x+$") or #player ~= 16 then return ngx.exit(400) end
  local latency = latency_ms and #latency_ms < 8 and tonumber(latency_ms) or 0
  local players = seen[media_path] or {}
  seen[media_path] = players
  if players[player] == nil then
    if waiting >= MOST_WAITING then return ngx.exit(503) end
    waiting = waiting + 1
  end
  players[player] = latency > 0 and math.min(math.floor(latency), LONGEST_DELAY_MS) or 0
  return ngx.exit(204)
end

local function add(client, media_path, players)
  local now = ngx.time()
  local watching, delays = {}, {}
  for player, latency in pairs(players) do
    watching[#watching + 1] = now
    watching[#watching + 1] = player
    if latency > 0 then
      delays[#delays + 1] = latency
      delays[#delays + 1] = player
    end
  end
  -- In pieces: an argument list has its bounds.
  for _, list in ipairs({ { "watching:", watching }, { "latency:", delays } }) do
    local key = list[1] .. media_path
    for from = 1, #list[2], 1000 do
      client:zadd(key, unpack(list[2], from, math.min(from + 999, #list[2])))
    end
    client:expire(key, KEPT_S)
  end
end

local function send(batch)
  local client = redis:new()
  client:set_timeout(TIMEOUT_MS)
  local ok, err = client:connect(unpack(address))
  if not ok then return err end
  client:init_pipeline()
  for media_path, players in pairs(batch) do add(client, media_path, players) end
  ok, err = client:commit_pipeline()
  client:close()
  return not ok and err
end

local function flush()
  if waiting == 0 then return end
  local batch = seen
  seen, waiting = {}, 0
  local err = send(batch)
  if err then ngx.log(ngx.NOTICE, "viewers not counted: ", err) end
end

-- Starts to count in this worker.
function _M.start() ngx.timer.every(FLUSH_S, flush) end

return _M
