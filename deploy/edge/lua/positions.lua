-- Where every live playlist stands, as its packager tells it over Redis.
-- Each nginx worker follows one channel. A message, and the value of the key `hls:<media_path>/<rendition>`, is
-- "<media_path>/<rendition> <epoch> <msn> <part> <closed 0|1> <ended 0|1>".
local semaphore = require "ngx.semaphore"
local redis = require "nginx.redis"

local CHANNEL, KEY_PREFIX = "hls", "hls:"
local TIMEOUT_MS = 1000
local RETRY_S = 0.2
local SHORTEST_WAIT_S = 0.005
local SWEEP_S = 30
local FORGET_ENDED_S, FORGET_SILENT_S = 60, 3600

local _M = { following = false }
local address = {}
local positions, bells = {}, {}
local swept_at = 0

function _M.configure(...) address = { ... } end

-- The position of "<media_path>/<rendition>"; of a media path alone, the last one heard of any rendition.
function _M.of(name) return positions[name] end

-- Waits for the next news of a name. True when there was some, false when the time ran out.
function _M.await(name, seconds)
  local bell = bells[name]
  if not bell then
    bell = semaphore.new()
    bells[name] = bell
  end
  -- A wait of less than a millisecond returns without letting nginx's clock go on: the caller's loop would never end.
  return (bell:wait(math.max(seconds, SHORTEST_WAIT_S)))
end

local function ring(name)
  local bell = bells[name]
  if not bell then return end
  bells[name] = nil
  local waiting = -bell:count()
  if waiting > 0 then bell:post(waiting) end
end

-- An older epoch is a packager that was replaced; within one, a snapshot may be older than a message.
local function is_older(epoch, msn, part, at)
  if epoch ~= at.epoch then return epoch < at.epoch end
  return msn < at.msn or msn == at.msn and part < at.part
end

local function apply(text)
  local key, media_path, epoch, msn, part, closed, ended =
    text:match("^((%x+)/[%w-]+) (%d+) (%d+) (%d+) ([01]) ([01])$")
  if not key then return end
  epoch, msn, part = tonumber(epoch), tonumber(msn), tonumber(part)
  local at = positions[key]
  if at and is_older(epoch, msn, part, at) then return end
  at = { epoch = epoch, msn = msn, part = part, closed = closed == "1", ended = ended == "1", heard_at = ngx.now() }
  positions[key], positions[media_path] = at, at
  ring(key)
  ring(media_path)
end

local function held()
  local count = 0
  for _, bell in pairs(bells) do count = count + math.max(0, -bell:count()) end
  return count
end

local function sweep()
  local now = ngx.now()
  if now - swept_at < SWEEP_S then return end
  swept_at = now
  for name, at in pairs(positions) do
    if now - at.heard_at > (at.ended and FORGET_ENDED_S or FORGET_SILENT_S) then positions[name] = nil end
  end
  -- Left behind by those who gave up waiting.
  for name, bell in pairs(bells) do
    if bell:count() >= 0 then bells[name] = nil end
  end
end

-- A Redis that lost its memory counts epochs anew: what it says now outranks what was heard before.
local function forget_epochs()
  for _, at in pairs(positions) do at.epoch = -1 end
end

local function read_snapshot(client)
  local cursor = "0"
  repeat
    local page, err = client:scan(cursor, "match", KEY_PREFIX .. "*", "count", 1000)
    if not page then return nil, err end
    cursor = page[1]
    for _, name in ipairs(page[2]) do
      local text = client:get(name)
      if type(text) == "string" then apply(text) end
    end
  until cursor == "0"
  return true
end

local function connect()
  local client = redis:new()
  client:set_timeout(TIMEOUT_MS)
  local ok, err = client:connect(unpack(address))
  return ok and client, err
end

-- A worker told to exit still answers those it holds.
local function is_wanted() return not ngx.worker.exiting() or held() > 0 end

-- Subscribes first and reads the snapshot second: nothing falls in between. Returns why it ended.
local function follow_once(channel, client)
  local ok, err = channel:subscribe(CHANNEL)
  if not ok then return err end
  forget_epochs()
  ok, err = read_snapshot(client)
  if not ok then return err end
  _M.following = true
  ngx.log(ngx.NOTICE, "following the positions of live playlists")
  while is_wanted() do
    local reply, failure = channel:read_reply()
    if reply then
      if reply[1] == "message" then apply(reply[3]) end
    elseif failure ~= "timeout" then
      return failure
    elseif not client:ping() then
      return "no answer to a ping"
    end
    sweep()
  end
end

local function run_once()
  local channel, err = connect()
  if not channel then return err end
  local client
  client, err = connect()
  if client then
    local ran, reason = pcall(follow_once, channel, client)
    client:close()
    err = reason
  end
  channel:close()
  return err
end

local function run(premature)
  if premature then return end
  local told
  repeat
    local err = run_once()
    if err and (_M.following or not told) then
      ngx.log(ngx.ERR, "positions of live playlists are unknown until Redis is back: ", err)
      told = true
    end
    _M.following = false
    -- Nobody would ring for those who wait now.
    for name in pairs(bells) do ring(name) end
    if is_wanted() then ngx.sleep(RETRY_S) end
  until not is_wanted()
end

-- Starts to follow in this worker.
function _M.follow()
  swept_at = ngx.now()
  ngx.timer.at(0, run)
end

return _M
