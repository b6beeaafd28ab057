-- Where Wireshark calls us. Two protocols are wrapped and the built-in dissector is called for each of their packets, so
-- what Wireshark shows itself stays; options come by a table of their own.
local protocols, options = DissectorTable.get("ip.proto"), DissectorTable.get("mip6.option")
local builtin = { option = {} }
local mha_icmpv6 = Proto("mha_icmpv6", "Multiple Home Agents, ICMPv6")
local mha_option = Proto("mha_option", "Multiple Home Agents, options")
local everything = gui_enabled() -- in the window even what no filter asks for is wanted: experts, links
local me, wanted_always
local raw, length, reported_length, call, referenced -- methods, looked up once

local function is_wanted(tree)
  if wanted_always or everything then return true end
  referenced = referenced or tree.referenced
  return referenced(tree, me)
end

-- What is known around a message.
local function facts_of(buf, s, pinfo)
  local m = { buf = buf, s = s, room = buf:reported_len() }
  m.truncated = m.room > #s or pinfo.fragmented or (other ~= nil and is_sliced(buf, pinfo))
  m.source, m.source_text = address_of(pinfo.src)
  m.destination, m.destination_text = address_of(pinfo.dst)
  m.wire_source, m.wire_source_text = address_of(pinfo.net_src)
  m.wire_destination = address_of(pinfo.net_dst)
  m.quoted = pinfo.in_error_pkt
  if m.quoted and other then -- there Wireshark leaves the routing header's address out
    local routed = routed_destination()
    if routed then m.destination, m.destination_text = routed, text_of(routed) end
  end
  m.known = m.source and m.destination and m.wire_source and m.wire_destination
  if other then
    local found, misplaced = homes()
    if misplaced > 0 and #found == 0 then -- there Wireshark takes the source from it
      m.source, m.source_text = m.wire_source, m.wire_source_text
    end
    m.unsure = goes_elsewhere() or has_two_homes(found)
  end
  m.has_routed_home = m.destination ~= m.wire_destination and not (other and other.routed() == nil)
  return m
end

local function verify(m, size, at, protocol)
  m.status = UNVERIFIED
  if m.truncated or m.unsure or not m.known or size > #m.s or at + 2 > size then return end
  local good, right = good_checksum(m.s, size, at, m.source, m.destination, protocol)
  if m.quoted and not good and not other then return end -- perhaps it went to another address
  m.status, m.right, m.damaged = good and GOOD or BAD, right, not good
end

local function show_checksum(m, at)
  if m.size < at + 2 then return end
  m.item:add(F["mha.checksum"], m.buf(at, 2))
  m.item:add(F["mha.checksum.status"], m.buf(at, 2), m.status):set_generated()
  if m.damaged then m.item:add(F["mha.checksum.calculated"], m.buf(at, 2), m.right):set_generated() end
end

-- What the M bit means: the paper's several home agents, or RFC 5380's mobility anchor point.
local function show_meaning(m)
  if m.symbol ~= "binding_update" or m.size < 10 then return end
  local word = number_at(m.s, 8, 2)
  if band(word, code.flag_multiple) == 0 then return end
  local is_home, meaning = false, "MAP registration (HMIPv6)"
  for _, flag in ipairs(profile.binding_update) do
    if flag[3] == "H" then is_home = band(word, flag[2]) ~= 0 end
  end
  local numbered = false
  for _, option in ipairs(m.options) do
    numbered = numbered or option.number == code.option_type
    if option.symbol == "multiple_home_agents" then is_home = true end
  end
  if is_home or profile.name == "kame2003" then
    meaning = "several home agents"
    m.item:add(F["mha.flag.multiple"], m.buf(8, 2), true)
  elseif numbered or m.truncated or m.overrun then
    meaning = "ambiguous: several home agents, or MAP registration (HMIPv6)"
  end
  m.item:add(F["mha.flag.meaning"], m.buf(8, 2), meaning):set_generated()
end

-- Notes it once, and tells what is known of it.
local function show_exchange(m, role, pinfo)
  if not role or m.damaged then return end
  local frame = pinfo.number
  if frame > newest_frame or not pinfo.visited then
    follow(role, m.s, m.source_text, m.destination_text, frame, pinfo.rel_ts)
  end
  show_links(role, m.s, m.source_text, m.destination_text, frame, m.item)
end

-- Of a quoted message the receiver is known where the checksum says so, or where other fields were looked at.
local function show_receiver(m)
  if m.quoted and not other and m.status ~= GOOD then return end
  show_node(m.destination_text, nil, nil, false, m.item)
end

local IS_MOBILE_SENDER = { home_test_init = true, care_of_test_init = true, binding_update = true }
local IS_MOBILE_RECEIVER = {
  binding_refresh_request = true, home_test = true, care_of_test = true, binding_acknowledgement = true,
  binding_error = true, ha_switch = true,
}

local function measure(m)
  local s = m.s
  m.payload_proto, m.kind = byte(s, 1), byte(s, 3)
  m.stated = #s > 1 and (byte(s, 2) + 1) * 8 or nil
  m.size = math.min(m.stated or #s, #s)
  m.symbol = m.kind and profile.mobility[m.kind] or "mobility"
  m.layout = LAYOUT[m.symbol]
  m.least = floor((m.layout.size + 7) / 8) * 8
  m.options = {}
  local at = m.layout.size
  if m.symbol == "ha_switch" and m.size > 6 then
    local addresses_size = 16 * byte(s, 7)
    m.least, at = m.least + addresses_size, at + addresses_size
  end
  if m.layout.tail == "options" then
    if at < m.size then m.options, m.overrun = options_of(s, at, m.size, "mobility_option") end
  end
  m.whole = m.stated == m.room and m.stated >= m.least and m.payload_proto == 59 and not m.overrun and not m.truncated
  for _, option in ipairs(m.options) do m.whole = m.whole and option_fits(option) end
end

local function show_mobility(buf, s, pinfo, tree)
  local m = facts_of(buf, s, pinfo)
  measure(m)
  local title = "cut"
  if m.kind then
    title = m.layout ~= LAYOUT.mobility and m.layout.title or MOBILITY_NAME[m.kind] or "unassigned type"
  end
  m.item = tree:add(mha, buf(0, m.size), ("Multiple Home Agents for Mobile IPv6: %s"):format(title))
  if m.kind then m.item:add(F["mha.type"], buf(2, 1)) end
  verify(m, m.stated or #s + 1, 4, code.mobility_protocol)
  show_checksum(m, 4)
  show(m.layout, buf, s, 0, m.size, m.item)
  show_meaning(m)
  if IS_MOBILE_SENDER[m.symbol] then
    show_node(m.source_text, m.source_text, m.wire_source_text, m.symbol == "binding_update", m.item)
  elseif IS_MOBILE_RECEIVER[m.symbol] then
    show_receiver(m)
  end
  if m.quoted then return end -- neither sent nor judged here
  show_exchange(m, MOBILITY[m.symbol], pinfo)
  if not m.known then return end
  m.has_home = m.source ~= m.wire_source
  if other then
    m.has_home = m.has_home or innermost_has(other.home_address())
    m.has_ah = innermost_has(other.ah())
    m.protected = m.has_ah or innermost_has(other.esp())
  end
  judge_mobility(m)
end

-- Where the capture cut a packet, Wireshark's exception doesn't stop at Lua: it leaves our functions on Lua's stack, and
-- after 200 of them nothing runs any more, in the next file neither. So only so many such packets may take that way.
local MOST_LOST = 40
local lost = 0

local function call_for_cut(dissector, buf, pinfo, tree)
  lost = lost + 1
  pcall(call, dissector, buf, pinfo, tree)
  lost = lost - 1 -- it came back
end

local function call_mobility_for_cut(buf, pinfo, tree)
  if lost < MOST_LOST then call_for_cut(builtin.mobility, buf, pinfo, tree) end
end

-- The last that may be lost goes beyond the most: from the next one on Wireshark does without us.
local function call_icmpv6_for_cut(buf, pinfo, tree)
  if lost >= MOST_LOST then protocols:add(code.icmpv6_protocol, builtin.icmpv6) end
  call_for_cut(builtin.icmpv6, buf, pinfo, tree)
end

-- Options are shown in Wireshark's own tree, in the place of those that it doesn't know: hooked for one message and
-- for as long as it is dissected. One that goes beyond the end never is: Wireshark tells of it by the hook's name.
-- Where Wireshark 4.0 reads options in messages that have no options to us, and where it reads them at a wrong place.
local OPTIONS_AT = { [8] = 12, [9] = 12, [10] = 8, [14] = 10, [15] = 10, [16] = 12, [17] = 12, [18] = 12 }
local MISREAD = { [12] = true }
local is_unknown, hooks_options = {}, false -- by option type: Wireshark knows no such option
local placed = {} -- numbers of now

local function unhook()
  for number in pairs(placed) do
    if builtin.option[number] then
      options:add(number, builtin.option[number])
    else
      options:remove(number, mha_option)
    end
  end
  placed = {}
end

local function hook(s)
  if next(placed) then unhook() end -- the last call didn't come back
  hooked = {}
  local kind = byte(s, 3)
  if not hooks_options or not kind or MISREAD[kind] then return end
  local layout = LAYOUT[profile.mobility[kind]]
  local at = layout and layout.tail == "options" and layout.size or OPTIONS_AT[kind]
  local stop = math.min((byte(s, 2) + 1) * 8, #s)
  if not at or at >= stop then return end
  local found, overrun = options_of(s, at, stop, "mobility_option")
  local wanted = {}
  for _, option in ipairs(found) do
    if is_unknown[option.number] or option.symbol == "multiple_home_agents" then wanted[option.number] = true end
  end
  if overrun then wanted[byte(s, overrun + 1)] = nil end
  for number in pairs(wanted) do options:add(number, mha_option) end
  placed = wanted
end

function mha.dissector(buf, pinfo, tree)
  local room = reported_length(buf)
  local is_cut = length(buf) < room
  if room == 0 or not is_wanted(tree) then
    if is_cut then
      call_mobility_for_cut(buf, pinfo, tree)
      return length(buf)
    end
    local whole, size = pcall(call, builtin.mobility, buf, pinfo, tree)
    return whole and size or math.max(room, 1) -- 0 would be "not mine"
  end
  local s = raw(buf)
  hook(s)
  if is_cut then -- ours first: the call may not come back
    if #s > 0 then show_mobility(buf, s, pinfo, tree) end
    call_mobility_for_cut(buf, pinfo, tree)
    return #s
  end
  local whole, size = pcall(call, builtin.mobility, buf, pinfo, tree)
  if next(placed) then unhook() end
  show_mobility(buf, s, pinfo, tree)
  return whole and size or #s
end

-- --- ICMPv6 ---

-- Lua can't hand the IPv6 header on, and Wireshark then leaves the hop limit out of an echo's line.
local function put_back_hop_limit(pinfo)
  local found = { other.hop_limit() }
  if #found == 0 then return end
  local info = tostring(pinfo.cols.info)
  local line, count = info:gsub("(seq=%d+)", "%1, hop limit=" .. tostring(found[#found].value), 1)
  if count == 1 and not info:find("hop limit=", 1, true) then pinfo.cols.info = line end
end

local icmpv6_shown = {} -- type -> declaration, judge, whether the receiver is the mobile node

local function choose_icmpv6()
  icmpv6_shown = {
    [code.dhaad_request_type] = { LAYOUT.dhaad_request, judge_discovery, true },
    [code.dhaad_reply_type] = { LAYOUT.dhaad_reply, judge_agents, false },
    [code.mobile_prefix_solicitation_type] = { LAYOUT.mobile_prefix_solicitation, nil, true },
    [code.mobile_prefix_advertisement_type] = { LAYOUT.mobile_prefix_advertisement, judge_prefixes, false },
    [code.unreachable_type] = { LAYOUT.home_agent_unreachable, judge_unreachable, false },
  }
end

local function show_icmpv6(buf, s, pinfo, tree, is_ours)
  local entry = icmpv6_shown[byte(s, 1)]
  local m = facts_of(buf, s, pinfo)
  m.size = #s
  m.item = tree:add(mha, buf(), "Multiple Home Agents for Mobile IPv6: " .. entry[1].title)
  if is_ours then m.item:add(F["mha.icmpv6.type"], buf(0, 1)) end
  verify(m, #s, 2, code.icmpv6_protocol)
  if is_ours or byte(s, 1) ~= code.unreachable_type then -- what is ill-formed has a rule's finding, and no fields
    show_checksum(m, 2)
    show(entry[1], buf, s, 0, #s, m.item)
  end
  if entry[3] then
    show_node(m.source_text, nil, nil, false, m.item)
  else
    show_receiver(m)
  end
  if m.quoted then return end
  show_exchange(m, ICMPV6[byte(s, 1)], pinfo)
  if m.known and entry[2] and #s > 1 then judge_icmpv6(m, entry[2]) end
end

local function is_unreachable(s, room)
  return #s >= 8 and byte(s, 5) == 0 and room >= 24 and (room - 8) % 16 == 0
end

local function show_unreachable(buf, s, pinfo, tree)
  local count = floor((buf:reported_len() - 8) / 16)
  pinfo.cols.protocol = "MHA"
  pinfo.cols.info = ("Home Agent Unreachable id=%d, %d home agent%s"):format(
    number_at(s, 6, 2), count, count == 1 and "" or "s")
  if is_wanted(tree) then show_icmpv6(buf, s, pinfo, tree, true) end
  return #s
end

local function show_known(buf, pinfo, tree)
  local s = raw(buf)
  local kind = byte(s, 1)
  -- Another meaning of our type is left to Wireshark, unless the octet behind the checksum says that it is ours.
  local is_other = kind == code.unreachable_type and byte(s, 5) ~= 0
  if not is_other and is_wanted(tree) then show_icmpv6(buf, s, pinfo, tree, false) end
end

function mha_icmpv6.dissector(buf, pinfo, tree)
  local size, room = length(buf), reported_length(buf)
  if room == 0 then
    pcall(call, builtin.icmpv6, buf, pinfo, tree)
    return 1 -- 0 would be "not mine"
  end
  local kind = size > 0 and byte(raw(buf, 0, 1)) or nil
  if kind == code.unreachable_type then
    local s = raw(buf)
    if is_unreachable(s, room) then return show_unreachable(buf, s, pinfo, tree) end
  end
  if size < room then
    if icmpv6_shown[kind] then show_known(buf, pinfo, tree) end
    call_icmpv6_for_cut(buf, pinfo, tree)
    return size
  end
  local whole, taken = pcall(call, builtin.icmpv6, buf, pinfo, tree)
  if icmpv6_shown[kind] then
    show_known(buf, pinfo, tree)
  elseif other and (kind == 128 or kind == 129) then
    put_back_hop_limit(pinfo)
  end
  return whole and taken or size
end

-- --- options: in Wireshark's own tree, in the place of those that it shows wrongly or not at all ---

function mha_option.dissector(buf, pinfo, tree)
  local s = raw(buf)
  if #s < 2 then return #s end
  if is_wanted(tree) then
    local found = options_of(s, 0, #s, "mobility_option")
    if found[1] then
      hooked[buf:offset()] = true
      show_option(found[1], "mobility_option", buf, s, tree)
    end
  end
  return math.min(byte(s, 2) + 2, #s)
end
