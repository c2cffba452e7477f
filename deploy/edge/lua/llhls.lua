-- Holds requests for what is about to exist: RFC 8216bis 6.2.5.2 (blocking playlist reload) and 6.2.6 (hinted parts).
-- Nothing here builds or stores a playlist. A function that returns lets nginx send the file.
local positions = require "positions"

local TARGET_DURATION_S = 3
local MAX_WAIT_S = 3 * TARGET_DURATION_S
local ARRIVAL_WAIT_S = 5
local PART_TARGET_S = 0.37
local LOOK_AGAIN_S = 1
-- RFC 8216bis 6.2.5.2 lets a client be three seconds ahead; parts may be as short as 0.1 s.
local ADVANCE_PARTS = 30

local _M = {}
local live_dir

function _M.configure(dir) live_dir = dir end

local function number(text, digits)
  return text and #text <= digits and text:match("^%d+$") and tonumber(text)
end

local function exists(file)
  local handle = io.open(file, "r")
  if handle then handle:close() end
  return handle ~= nil
end

-- A part beyond a segment's last one means the next segment's first.
local function is_reached(at, msn, part)
  if at.ended or msn < at.msn then return true end
  if msn > at.msn then return false end
  if part then return part <= at.part end
  return at.closed
end

local function is_too_far(at, msn, part)
  if msn > at.msn + 2 then return true end
  if not part then return false end
  if msn == at.msn then return part > at.part + ADVANCE_PARTS end
  return part > ADVANCE_PARTS
end

local function is_hinted(at, msn, part)
  if msn == at.msn then return not at.closed and part == at.part + 1 end
  return msn == at.msn + 1 and part == 0
end

-- Without positions the next part is still only one part duration away, and a short wait keeps clients from spinning.
local function wait_blindly() ngx.sleep(PART_TARGET_S) end

-- Waits for news that make `is_done(at)` true, for at most `seconds`. Returns it, or false when the time ran out.
-- `is_over`, asked each second without news, ends it too.
local function wait_until(name, seconds, is_done, is_over)
  local deadline = ngx.now() + seconds
  while true do
    if not positions.following then return wait_blindly() or true end
    local verdict = is_done(positions.of(name))
    if verdict then return verdict end
    local left = deadline - ngx.now()
    if left <= 0 then return false end
    if not positions.await(name, math.min(left, LOOK_AGAIN_S)) and is_over and is_over() then return true end
  end
end

-- Playlists lie on disk compressed alone.
local function playlist_file(media_path, playlist) return live_dir .. media_path .. "/" .. playlist .. ".m3u8.gz" end

-- Access phase of a playlist: 400 for a bad or far position, 503 for one that doesn't come.
function _M.hold_playlist(media_path, rendition)
  local asked_msn, asked_part = ngx.var.arg__HLS_msn, ngx.var.arg__HLS_part
  if rendition == "" or not asked_msn and not asked_part then return end
  local msn, part = number(asked_msn, 15), number(asked_part, 6)
  if not msn or asked_part and not part then return ngx.exit(400) end

  local key = media_path .. "/" .. rendition
  local started_at = ngx.now()
  -- A packager that is just starting has no position yet; if none comes, the file (or its absence) is the answer.
  if not wait_until(key, ARRIVAL_WAIT_S, function(at) return at end) then return end
  local at = positions.of(key)
  if not at or is_reached(at, msn, part) then return end
  if is_too_far(at, msn, part) then return ngx.exit(400) end
  local left = MAX_WAIT_S - (ngx.now() - started_at)
  local function has_come(now) return now and is_reached(now, msn, part) end
  local function is_gone() return not exists(playlist_file(key, "media")) end
  if not wait_until(key, left, has_come, is_gone) then return ngx.exit(503) end
end

-- Access phase of a part whose file isn't there: holds the one that EXT-X-PRELOAD-HINT names, and no other.
function _M.hold_part(media_path, rendition, epoch, msn, part)
  epoch, msn, part = tonumber(epoch), tonumber(msn), tonumber(part)
  wait_until(media_path .. "/" .. rendition, MAX_WAIT_S, function(at)
    return not at or at.ended or at.epoch ~= epoch or is_reached(at, msn, part) or not is_hinted(at, msn, part)
  end)
end

-- Access phase of a playlist whose file isn't there: a broadcast is announced a moment before its first part.
-- 503, which players try again; but 404, on which they go to another rendition, for what was there and was taken away.
-- The file that is sent then: the delta update that was asked for, or the whole playlist while there is none.
function _M.hold_arrival(media_path, rendition, playlist, delta)
  local file = playlist_file(media_path, playlist)
  local deadline = ngx.now() + ARRIVAL_WAIT_S
  while not exists(file) do
    local latest = positions.of(media_path)
    if latest and latest.ended then return ngx.exit(404) end
    if rendition ~= "" and positions.of(media_path .. "/" .. rendition) then return ngx.exit(404) end
    local left = deadline - ngx.now()
    if left <= 0 then return ngx.exit(503) end
    positions.await(media_path, math.min(left, PART_TARGET_S))
  end
  if not exists(playlist_file(media_path, playlist .. delta)) then delta = "" end
  ngx.req.set_uri("/live/" .. media_path .. "/" .. playlist .. delta .. ".m3u8")
end

return _M
