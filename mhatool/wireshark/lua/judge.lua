-- The rules that need no more than the message. Ids, severities and titles are those of `mhatool rules`; what is asked
-- here is what the check of the same id asks in mhatool/validate. Nothing that is found in a cut message is certain.
local judged = {} -- the message's facts, while it is judged

local function breach(id, expected, seen, inconclusive)
  local rule = RULE[id]
  if not rule.profiles[profile.era] then return end
  local text = ("%s: expected %s, seen %s [%s]"):format(id, expected, seen, rule.title)
  inconclusive = inconclusive or judged.truncated
  if inconclusive then text = text .. " (inconclusive)" end
  judged.item:add(F["mha.rule"], id):set_generated()
  judged.item:add_proto_expert_info(inconclusive and INCONCLUSIVE or rule.expert, text)
end

local function options_with(m, symbol)
  local found = {}
  for _, option in ipairs(m.options) do
    if option.symbol == symbol then found[#found + 1] = option end
  end
  return found
end

local function has(m, symbol) return options_with(m, symbol)[1] ~= nil end

local function octets(m, at, size) return sub(m.s, at + 1, at + size) end

-- --- every Mobility Header ---

-- The messages that RFC 6275 defines itself.
local OF_THE_BASE = {
  binding_refresh_request = true, home_test_init = true, care_of_test_init = true, home_test = true,
  care_of_test = true, binding_update = true, binding_acknowledgement = true, binding_error = true,
}

local function judge_header(m)
  if m.damaged then
    breach("MIP6-MH-001", ("checksum 0x%04x"):format(m.right), ("0x%04x"):format(number_at(m.s, 4, 2)))
  elseif m.truncated and m.status == UNVERIFIED then
    breach("MIP6-MH-001", "a right checksum", "a message that the capture cut", true)
  end
  if m.payload_proto ~= 59 then breach("MIP6-MH-002", "payload protocol 59", m.payload_proto) end
  if not m.stated then return end
  if m.stated > m.room then
    if not m.truncated then breach("MIP6-MH-003", ("%d octets or less"):format(m.room), m.stated .. " octets") end
  elseif m.stated < m.room and m.stated >= m.least and m.payload_proto == 59 then
    breach("MIP6-MH-003", ("a Mobility Header that fills the IPv6 payload, %d octets"):format(m.room), m.stated .. " octets")
  end
  if m.stated < m.least then breach("MIP6-MH-004", m.least .. " octets or more", m.stated .. " octets") end
  if m.size > 3 and not m.damaged and byte(m.s, 4) ~= 0 then
    breach("MIP6-MH-005", "reserved octet 0x00", ("0x%02x"):format(byte(m.s, 4)))
  end
  if OF_THE_BASE[m.symbol] then
    if m.symbol ~= "binding_update" and m.source ~= m.wire_source then
      breach("MIP6-MH-009", "no Home Address option", m.source_text)
    end
    if m.symbol ~= "binding_acknowledgement" and m.has_routed_home then
      breach("MIP6-MH-009", "no type 2 routing header", m.destination_text, not other) -- or one of another type
    end
  end
end

-- --- options ---

local function wrong_length(id, option, size, title)
  local length = option.stop - option.at - 2
  if length ~= size then breach(id, ("%s of length %d"):format(title, size), length) end
end

local function judge_padding(m)
  local first, last
  local function too_much()
    if first and last - first > 7 then breach("MIP6-OPT-003", "at most 7 octets of padding in a row", last - first) end
    first = nil
  end
  for _, option in ipairs(m.options) do
    if option.number > 1 then
      too_much()
    else
      first, last = first or option.at, option.stop
      if option.number == 1 and octets(m, option.at + 2, option.stop - option.at - 2):find("[^%z]") then
        breach("MIP6-OPT-003", "zeros in PadN", "others")
      end
    end
  end
  too_much()
end

-- Whether a list of home agents has the receiver in it.
local function lists_receiver(m, option)
  for at = option.at + 2, option.stop - 16, 16 do
    if octets(m, at, 16) == m.destination then return true end
  end
  return false
end

-- Whether an option that looks like a list of home agents is one: all experiments share its number (RFC 5096).
local function is_surely_ours(m, option)
  if m.symbol ~= "binding_update" or m.size < 10 then return false end
  local flags = {}
  for _, flag in ipairs(profile.binding_update) do flags[flag[3]] = band(number_at(m.s, 8, 2), flag[2]) ~= 0 end
  return flags.M and not flags.P or lists_receiver(m, option)
end

local ONCE = { binding_refresh_advice = true, alternate_care_of_address = true, nonce_indices = true }

local function judge_places(m)
  local met = {}
  for _, option in ipairs(m.options) do
    local symbol = option.symbol
    local layout = LAYOUT[symbol or "mobility_option"]
    local align = layout.align_by_size[option.stop - option.at] or layout.align
    local is_known = symbol ~= "multiple_home_agents" or is_surely_ours(m, option)
    if align and option.at % align[1] ~= align[2] and is_known then
      breach("MIP6-OPT-002", ("%s at %dn+%d"):format(layout.title, align[1], align[2]), "offset " .. option.at)
    end
    if not symbol and not assigned_name(option, "mobility_option") then
      breach("MIP6-OPT-009", "an assigned option type", "type " .. option.number)
    end
    local once = symbol or "mobility_option"
    if met[once] then breach("MIP6-OPT-010", "one " .. layout.title, "another one") end
    if ONCE[once] then met[once] = true end
  end
end

local function judge_meaning(m)
  for _, option in ipairs(m.options) do
    if option.symbol == "binding_refresh_advice" then
      wrong_length("MIP6-OPT-004", option, 2, "Binding Refresh Advice")
      if m.symbol ~= "binding_acknowledgement" then
        breach("MIP6-OPT-004", "Binding Refresh Advice in a Binding Acknowledgement alone", "one elsewhere")
      elseif profile.name ~= "kame2003" and has(m, "binding_authorization_data") then
        breach("MIP6-OPT-004", "Binding Refresh Advice from a home agent alone", "one beside Authorization Data")
      end
    elseif option.symbol == "alternate_care_of_address" then
      wrong_length("MIP6-OPT-006", option, 16, "Alternate Care-of Address")
      local address = option.stop - option.at >= 18 and octets(m, option.at + 2, 16)
      if m.symbol ~= "binding_update" then
        breach("MIP6-OPT-006", "Alternate Care-of Address in a Binding Update alone", "one elsewhere")
      elseif address and not is_routable(address) then
        breach("MIP6-OPT-006", "a unicast routable care-of address", text_of(address))
      end
    elseif option.symbol == "nonce_indices" then
      wrong_length("MIP6-OPT-007", option, 4, "Nonce Indices")
      if m.symbol ~= "binding_update" then
        breach("MIP6-OPT-007", "Nonce Indices in a Binding Update alone", "some elsewhere")
      end
    end
  end
end

local UNAUTHORIZED = {
  binding_refresh_request = true, home_test_init = true, care_of_test_init = true, home_test = true,
  care_of_test = true, binding_error = true,
}

local function judge_authorization(m)
  local waiting
  for _, option in ipairs(m.options) do
    if option.number > 1 then
      if waiting and option.symbol ~= "mobility_message_authentication" then
        breach("MIP6-OPT-008", "Authorization Data as the last option", "another behind it")
      end
      waiting = option.symbol == "binding_authorization_data"
      if waiting then wrong_length("MIP6-OPT-008", option, 12, "Authorization Data") end
      if waiting and UNAUTHORIZED[m.symbol] then
        breach("MIP6-OPT-008", "Authorization Data in a Binding Update or Acknowledgement alone", "some elsewhere")
      end
    end
  end
end

local function judge_options(m)
  if m.overrun and m.room <= (m.stated or 0) and not (m.stated and m.stated > #m.s) and not m.damaged then
    breach("MIP6-OPT-001", "an option within its message", "one that goes beyond it")
  end
  if m.damaged then return end
  judge_places(m)
  judge_padding(m)
  judge_meaning(m)
  judge_authorization(m)
end

-- --- Binding Update ---

local CGA = { [11] = true, [12] = true, [13] = true, [14] = true, [15] = true, [16] = true }

local function has_other_proof(m)
  if m.protected then return true end
  for _, option in ipairs(m.options) do
    if CGA[option.number] or option.symbol == "mobility_message_authentication" then return true end
  end
  return false
end

local function care_of_address(m)
  local option = options_with(m, "alternate_care_of_address")[1]
  return option and option.stop - option.at >= 18 and octets(m, option.at + 2, 16) or m.wire_source
end

-- Binding Identifiers (RFC 5648): care-of addresses of 4 or 16 octets behind 4 others, and the H flag.
local function names_care_of_addresses(m)
  for _, option in ipairs(options_with(m, "binding_identifier")) do
    if option.stop - option.at >= 10 then return true end
  end
  return false
end

local function is_at_home_too(m)
  for _, option in ipairs(options_with(m, "binding_identifier")) do
    if option.stop - option.at >= 6 and band(byte(m.s, option.at + 6), 0x80) ~= 0 then return true end
  end
  return false
end

local function judge_list(m, flags)
  local lists = {}
  for _, option in ipairs(m.options) do
    if option.number == code.option_type then lists[#lists + 1] = option end
  end
  if next(flags) and not m.truncated then
    local list = options_with(m, "multiple_home_agents")[1]
    if flags.M and #lists > 1 then
      breach("MHA-001", "one Multiple Home Agents option", #lists .. " of them")
    elseif flags.M and #lists == 0 and flags.H and m.whole then
      breach("MHA-001", "a Multiple Home Agents option with the M flag", "none")
    elseif not flags.M and list then
      breach("MHA-001", "the M flag with a Multiple Home Agents option", "no M", not lists_receiver(m, list))
    end
  end
  if not flags.M then return end
  for _, option in ipairs(lists) do
    local size = option.stop - option.at - 2
    if size % 16 ~= 0 or size < 32 then
      breach("MHA-002", "a length of 16 octets for each of 2 to 15 home agents", size .. " octets")
    end
  end
  if (not flags.A or not flags.H) and not m.truncated and (flags.H or profile.name == "kame2003" or #lists > 0) then
    breach("MHA-005", "the flags A and H with M", "no " .. (flags.A and "H" or flags.H and "A" or "A and no H"))
  end
  if #lists ~= 1 or lists[1].symbol ~= "multiple_home_agents" then return end
  local met, is_listed = {}, false
  local own = care_of_address(m)
  for at = lists[1].at + 2, lists[1].stop - 16, 16 do
    local agent = octets(m, at, 16)
    if not is_routable(agent) then
      breach("MHA-003", "a unicast routable address", text_of(agent))
    elseif agent == own or agent == m.source then
      breach("MHA-003", "a home agent's address", "the mobile node's own " .. text_of(agent))
    elseif met[agent] then
      breach("MHA-003", "each home agent once", text_of(agent) .. " again")
    end
    met[agent] = true
    is_listed = is_listed or agent == m.destination
  end
  if not is_listed then breach("MHA-004", m.destination_text .. " in the list", "a list without it") end
end

local function judge_proof(m, raw, lifetime)
  if raw.H or raw.M or raw.P or m.damaged then return end
  local nonces, data = has(m, "nonce_indices"), has(m, "binding_authorization_data")
  if raw.K then breach("MIP6-BU-005", "no K flag in an update to a correspondent", "K") end
  if m.whole and not has_other_proof(m) and not (nonces and data) then
    local missing = nonces and "no Authorization Data" or data and "no Nonce Indices" or "neither"
    breach("MIP6-BU-013", "Nonce Indices and Authorization Data", missing, data or not other)
  end
  local indices = options_with(m, "nonce_indices")[1]
  local is_permanent = indices and indices.stop - indices.at >= 4 and number_at(m.s, indices.at + 2, 2) == 0 -- RFC 4866
  if lifetime > 420 and not m.truncated and nonces and not is_permanent and not has_other_proof(m) then
    breach("MIP6-LIFE-003", "a lifetime of 420 s or less", lifetime .. " s")
  end
end

local function judge_registration(m, flags, lifetime)
  local has_home = m.source ~= m.wire_source
  local alternate = options_with(m, "alternate_care_of_address")[1]
  if flags.H and not flags.A then breach("MIP6-BU-001", "the flags A and H", "H without A") end
  if flags.H and m.has_home and m.whole and lifetime > 0 and not alternate then
    local is_multiple = names_care_of_addresses(m) or is_at_home_too(m)
    if not has(m, "mobility_message_authentication") and not m.has_ah and not is_multiple then
      breach("MIP6-BU-003", "an Alternate Care-of Address", "none", not other)
    end
  end
  if flags.H and has(m, "nonce_indices") then
    breach("MIP6-BU-007", "no Nonce Indices in a home registration", "Nonce Indices")
  end
  if flags.H and not m.has_home and lifetime == 0 and alternate and care_of_address(m) ~= m.wire_source then
    breach("MIP6-DEREG-001", "no Alternate Care-of Address but the source", text_of(care_of_address(m)))
  end
  return has_home
end

local function judge_update(m)
  if m.size < 12 then return end
  local word, lifetime = number_at(m.s, 8, 2), number_at(m.s, 10, 2) * 4
  local raw, known = {}, 0
  for _, flag in ipairs(profile.binding_update) do
    if band(word, flag[2]) ~= 0 then raw[flag[3]] = true end
    known = known + flag[2]
  end
  local flags = (raw.P or m.damaged) and {} or raw
  if not m.damaged and band(word, 0xffff - known) ~= 0 then
    breach("MIP6-BU-004", "reserved flags of 0", ("0x%04x"):format(band(word, 0xffff - known)))
  end
  judge_registration(m, flags, lifetime)
  local deletes_well = lifetime == 0 or m.truncated or m.damaged or raw.P
  deletes_well = deletes_well or is_at_home_too(m)
  if not deletes_well and (m.has_home or not flags.H) and care_of_address(m) == m.source then
    breach("MIP6-BU-008", "a lifetime of 0 with the home address as care-of address", lifetime .. " s")
  end
  judge_proof(m, raw, lifetime)
  judge_list(m, flags)
end

-- --- other messages ---

local function is_proxys(m)
  for _, flag in ipairs(profile.binding_acknowledgement) do
    if flag[3] == "P" then return band(byte(m.s, 8), flag[2]) ~= 0 end
  end
  return false
end

local function judge_acknowledgement(m)
  if m.size < 7 or m.damaged then return end
  local status = byte(m.s, 7)
  if not STATUS[status] then breach("MIP6-BA-003", "a status that IANA has registered", status) end
  if m.size < 12 then return end
  local advice = options_with(m, "binding_refresh_advice")[1]
  if not advice or advice.stop - advice.at < 4 then return end
  if is_proxys(m) then return end
  local interval, lifetime = number_at(m.s, advice.at + 2, 2) * 4, number_at(m.s, 10, 2) * 4
  if interval == 0 then
    breach("MIP6-OPT-005", "a refresh interval over 0 s", "0 s")
  elseif status < 128 and interval >= lifetime then
    breach("MIP6-OPT-005", ("a refresh interval under the lifetime, %d s"):format(lifetime), interval .. " s")
  end
end

local function judge_error(m)
  if m.size < 24 or m.damaged then return end
  local status = byte(m.s, 7)
  if status ~= 1 and status ~= 2 then
    breach("MIP6-BE-001", "status 1 or 2", status)
  elseif status == 1 and octets(m, 8, 16) == NO_ADDRESS then
    breach("MIP6-BE-001", "the home address of the packet at fault", "::")
  end
end

local function judge_switch(m)
  if m.size < 8 or m.damaged then return end
  if byte(m.s, 8) ~= 0 then breach("HARP-001", "a reserved octet of 0", byte(m.s, 8)) end
  local stop = math.min(8 + 16 * byte(m.s, 7), m.size)
  for at = 8, stop - 16, 16 do
    local agent = octets(m, at, 16)
    if not is_routable(agent) then breach("HARP-001", "unicast addresses of home agents", text_of(agent)) end
  end
end

local JUDGES = {
  binding_update = judge_update,
  binding_acknowledgement = judge_acknowledgement,
  binding_error = judge_error,
  ha_switch = judge_switch,
}

local function judge_mobility(m)
  judged = m
  judge_header(m)
  judge_options(m)
  if JUDGES[m.symbol] then JUDGES[m.symbol](m) end
end

-- --- ICMPv6 ---

local function is_anycast(address)
  local ending = sub(address, 13)
  return sub(address, 9) == "\253\255\255\255\255\255\255\254" or ending == "\255\255\255\254"
end

local function judge_code_and_bits(id, m, mask)
  if byte(m.s, 2) ~= 0 then breach(id, "code 0", byte(m.s, 2)) end
  if m.size >= 8 and band(number_at(m.s, 6, 2), mask) ~= 0 then
    breach(id, "reserved bits 0", ("0x%04x"):format(band(number_at(m.s, 6, 2), mask)))
  end
end

local function judge_discovery(m)
  if not is_anycast(m.wire_destination) then
    breach("MIP6-DHAAD-001", "an anycast address that ends with fdff:ffff:ffff:fffe", text_of(m.wire_destination))
  end
  judge_code_and_bits("MIP6-DHAAD-001", m, 0x7fff)
end

local function judge_agents(m)
  if m.truncated then return end
  local spare, met = (m.size - 8) % 16, {}
  if m.size > 8 and spare ~= 0 then
    breach("MIP6-DHAAD-003", "addresses of 16 octets each", spare .. " octets left over")
  end
  for at = 8, m.size - 16, 16 do
    local agent = octets(m, at, 16)
    if not is_routable(agent) or is_anycast(agent) then
      breach("MIP6-DHAAD-003", "global unicast addresses", text_of(agent))
    elseif met[agent] then
      breach("MIP6-DHAAD-003", "each address once", text_of(agent) .. " again")
    end
    met[agent] = true
  end
end

local function judge_prefixes(m)
  if m.truncated then return end
  if m.size >= 8 and band(number_at(m.s, 6, 2), 0x3fff) ~= 0 then
    breach("MIP6-MPD-003", "reserved bits 0", ("0x%04x"):format(band(number_at(m.s, 6, 2), 0x3fff)))
  end
  for _, option in ipairs(m.size > 8 and options_of(m.s, 8, m.size, "nd_option") or {}) do
    if option.symbol == "prefix_information" then return end
  end
  breach("MIP6-MPD-003", "a Prefix Information option or more", "none")
end

local function judge_unreachable(m)
  if m.truncated then return end
  if m.damaged then
    breach("MHA-017", ("checksum 0x%04x"):format(m.right), ("0x%04x"):format(number_at(m.s, 2, 2)))
    return
  end
  if byte(m.s, 2) ~= 0 then breach("MHA-017", "code 0", byte(m.s, 2)) end
  if m.size < 24 then
    breach("MHA-017", "an address or more", m.size .. " octets in all")
  elseif (m.size - 8) % 16 ~= 0 then
    breach("MHA-017", "addresses of 16 octets each", (m.size - 8) % 16 .. " octets left over")
  end
end

local function judge_icmpv6(m, judge)
  judged = m
  if judge == judge_unreachable or not m.damaged then judge(m) end
end
