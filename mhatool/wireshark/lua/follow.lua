-- Who answers what. A note of each message is taken when its frame is first seen, and looked at when somebody asks.
local MOST = 100000 -- of the notes; older ones are forgotten
local first_note, last_note, newest_frame = 1, 0, 0
-- One list a fact: a table a note would cost twice the time.
local note_role, note_octets, note_source, note_destination, note_frame, note_seconds = {}, {}, {}, {}, {}, {}
local asked, latest, answers = {}, {}, {}
local home_of, home_count = {}, 0

local function forget()
  first_note, last_note, newest_frame = 1, 0, 0
  note_role, note_octets, note_source, note_destination, note_frame, note_seconds = {}, {}, {}, {}, {}, {}
  asked, latest, answers = {}, {}, {}
  home_of, home_count = {}, 0
end

-- Mobility Header type -> what it asks or answers, by octets `from` to `to` that both carry.
local MOBILITY = {
  [1] = { topic = "home test", asks = true, from = 9, to = 16 },
  [2] = { topic = "care-of test", asks = true, from = 9, to = 16 },
  [3] = { topic = "home test", from = 9, to = 16 },
  [4] = { topic = "care-of test", from = 9, to = 16 },
  [5] = { topic = "binding", asks = true, from = 7, to = 8 },
  [6] = { topic = "binding", from = 9, to = 10 },
  [13] = { topic = "heartbeat", from = 9, to = 12 },
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

local function drop_note(i)
  note_role[i], note_octets[i], note_source[i], note_destination[i], note_frame[i], note_seconds[i] = nil
end

local function take_note(role, s, source, destination, frame, pinfo)
  local i = last_note + 1
  last_note = i
  note_role[i], note_octets[i], note_source[i], note_destination[i] = role, s, source, destination
  note_frame[i], note_seconds[i] = frame, pinfo.rel_ts
  if i - first_note >= MOST then
    drop_note(first_note)
    first_note = first_note + 1
  end
end

local function is_damaged(role, s, source, destination)
  local at = role.icmpv6 and 2 or 4
  local size = at == 4 and (byte(s, 2) + 1) * 8 or #s
  source, destination = octets_of(source), octets_of(destination)
  if size > #s or not source or not destination then return false end
  local protocol = role.icmpv6 and code.icmpv6_protocol or code.mobility_protocol
  return not good_checksum(s, size, at, source, destination, protocol)
end

local function asks(key, parties, frame, seconds)
  local request = { frame = frame, seconds = seconds }
  local same = asked[key]
  request.same = same and not same.answer and same or nil -- the same question, asked before
  asked[key], latest[parties] = request, request
  answers[frame .. key] = request
end

local function answers_to(key, parties, frame, seconds, by_parties)
  local request = by_parties and latest[parties] or asked[key]
  if not request then return end
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

-- Looks at all notes taken so far.
local function read_notes()
  for i = first_note, last_note do
    local role, s, frame, seconds = note_role[i], note_octets[i], note_frame[i], note_seconds[i]
    local source, destination = tostring(note_source[i]), tostring(note_destination[i])
    drop_note(i)
    if #s >= role.to and not is_damaged(role, s, source, destination) then
      local key, parties, is_request = key_of(role, s, source, destination)
      if is_request then
        asks(key, parties, frame, seconds)
      else
        -- Status 135 returns another number than the update had (RFC 6275, 9.5.1).
        answers_to(key, parties, frame, seconds, role.topic == "binding" and byte(s, 7) == 135)
      end
    end
  end
  first_note = last_note + 1
end

local function relative_time(seconds)
  local sign = seconds < 0 and -1 or 1
  local nanoseconds = floor(math.abs(seconds) * 1e9 + 0.5)
  return NSTime.new(sign * floor(nanoseconds / 1e9), sign * (nanoseconds % 1e9))
end

local function show_links(role, s, source, destination, frame, item)
  read_notes()
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
