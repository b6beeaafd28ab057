-- Who answers what: noted when a frame is first seen with somebody looking, told whenever it is shown.
local MOST = 100000 -- of the requests and of the addresses; then it begins again
local newest_frame, request_count = 0, 0
local asked, latest, answers = {}, {}, {}
local home_of, home_count = {}, 0

local function forget()
  newest_frame, request_count = 0, 0
  asked, latest, answers = {}, {}, {}
  home_of, home_count = {}, 0
end

-- Mobility message -> what it asks or answers, by octets `from` to `to` that both carry.
local MOBILITY = {
  home_test_init = { topic = "home test", asks = true, from = 9, to = 16 },
  care_of_test_init = { topic = "care-of test", asks = true, from = 9, to = 16 },
  home_test = { topic = "home test", from = 9, to = 16 },
  care_of_test = { topic = "care-of test", from = 9, to = 16 },
  binding_update = { topic = "binding", asks = true, from = 7, to = 8 },
  binding_acknowledgement = { topic = "binding", from = 9, to = 10 },
  heartbeat = { topic = "heartbeat", from = 9, to = 12 },
}
local ICMPV6 = {} -- the same of ICMPv6 types, by the preferences

local function follow_icmpv6()
  ICMPV6 = {
    [code.dhaad_request_type] = { icmpv6 = true, topic = "discovery", asks = true, from = 5, to = 6, anybody = true },
    [code.dhaad_reply_type] = { icmpv6 = true, topic = "discovery", from = 5, to = 6, anybody = true },
    [code.mobile_prefix_solicitation_type] = { icmpv6 = true, topic = "prefixes", asks = true, from = 5, to = 6 },
    [code.mobile_prefix_advertisement_type] = { icmpv6 = true, topic = "prefixes", from = 5, to = 6 },
  }
end

local function asks(key, parties, frame, seconds)
  local request = { frame = frame, seconds = seconds }
  local same = asked[key]
  request.same = same and not same.answer and same or nil -- the same question, asked before
  asked[key], latest[parties] = request, request
  answers[frame .. key] = request
end

local function answers_to(request, key, frame, seconds)
  answers[frame .. "!" .. key] = { to = request.frame, after = seconds - request.seconds }
  local each = request
  while each do
    each.answer = each.answer or frame
    each = each.same
  end
end

local function key_of(role, s, source, destination)
  local is_request = role.asks
  if role.topic == "heartbeat" then is_request = byte(s, 8) % 2 == 0 end
  local asker, answerer = destination, source
  if is_request then asker, answerer = source, destination end
  local parties = role.topic .. "|" .. asker .. "|" .. (role.anybody and "" or answerer)
  return parties .. "|" .. sub(s, role.from, role.to), parties, is_request
end

-- What an answer is to. Status 135 returns another number than the update had (RFC 6275, 9.5.1).
local function request_of(role, s, key, parties)
  local by_parties = role.topic == "binding" and byte(s, 7) == 135
  return by_parties and latest[parties] or asked[key]
end

local function follow(role, s, source, destination, frame, seconds)
  if #s < role.to then return end
  newest_frame = frame
  if request_count > MOST then
    asked, latest, request_count = {}, {}, 0 -- what was answered stays known
  end
  local key, parties, is_request = key_of(role, s, source, destination)
  if is_request then
    request_count = request_count + 1
    asks(key, parties, frame, seconds)
  else
    local request = request_of(role, s, key, parties)
    local home = role.topic == "binding" and home_of[destination]
    if not request and home then -- sent to the care-of address, without the routing header of RFC 6275, 9.5.4
      request = request_of(role, s, key_of(role, s, source, home))
    end
    if request then answers_to(request, key, frame, seconds) end
  end
end

local function relative_time(seconds)
  local sign = seconds < 0 and -1 or 1
  local nanoseconds = floor(math.abs(seconds) * 1e9 + 0.5)
  return NSTime.new(sign * floor(nanoseconds / 1e9), sign * (nanoseconds % 1e9))
end

local function show_links(role, s, source, destination, frame, item)
  if #s < role.to then return end
  local key, _, is_request = key_of(role, s, source, destination)
  local found = answers[(is_request and frame or frame .. "!") .. key]
  if not found then return end
  if is_request then
    if found.answer then item:add(F["mha.response_in"], found.answer):set_generated() end
    return
  end
  item:add(F["mha.response_to"], found.to):set_generated()
  item:add(F["mha.response_time"], relative_time(found.after)):set_generated()
end

-- The mobile node of a message: its home address, or what is known of it.
local function show_node(node, source, wire_source, is_update, item)
  if is_update and source ~= wire_source then
    if home_count > MOST then home_of, home_count = {}, 0 end
    if not home_of[wire_source] then home_count = home_count + 1 end
    home_of[wire_source] = source
  end
  node = home_of[node] or node
  if octets_of(node) then item:add(F["mha.node"], Address.ipv6(node)):set_generated() end
end
