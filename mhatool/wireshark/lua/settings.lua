-- What the preferences choose, and the menus.
local installed = {}

-- In the order in which they came off: one may have been put upon another.
local function restore()
  unhook()
  for i = #installed, 1, -1 do
    local entry = installed[i]
    if entry[3] then entry[1]:add(entry[2], entry[3]) else entry[1]:remove(entry[2], entry[4]) end
  end
  installed = {}
end

local function install(table_, number, proto)
  local before = table_:get_dissector(number)
  installed[#installed + 1] = { table_, number, before, proto }
  table_:add(number, proto)
  return before
end

-- A bit alone, and not that of A or H, which M goes with; those of other standards may be.
local function is_free_flag(value)
  for _, flag in ipairs(profile.binding_update) do
    if flag[2] == value and (flag[3] == "A" or flag[3] == "H") then return false end
  end
  return value > 0 and value < 0x10000 and band(value, value - 1) == 0
end

-- Whether a code point can be that; what can't is as if nobody had set it.
local function is_possible(name, value)
  if name == "flag_multiple" then return is_free_flag(value) end
  if value < 1 or value > 255 then return false end
  if name == "mobility_protocol" then return not TAKEN[value] end
  if name == "option_type" then
    local symbol = profile.mobility_option[value]
    return not symbol or symbol == "experimental_mobility_option" -- of which its shape tells it
  end
  local symbol = profile.icmpv6[value]
  return not symbol or DEFAULTS[symbol .. "_type"] ~= nil -- which of ours has it is seen when all are known
end

local told = {}

local function refuse(name, value)
  if told[name] == value or not report_failure then return end
  told[name] = value
  report_failure(("mha.%s: it can't be %d and stays %d"):format(name, value, profile.codes[name]))
end

local ICMPV6_TYPES = {
  "unreachable_type", "dhaad_request_type", "dhaad_reply_type",
  "mobile_prefix_solicitation_type", "mobile_prefix_advertisement_type",
}

local function is_anothers(name)
  for _, another in ipairs(ICMPV6_TYPES) do
    if another ~= name and code[another] == code[name] then return true end
  end
  return false
end

-- Of two with the same ICMPv6 type one that was set gets its profile's again, until each has its own.
local function part_types()
  local doubled
  repeat
    doubled = nil
    for _, name in ipairs(ICMPV6_TYPES) do
      if code[name] ~= profile.codes[name] and is_anothers(name) then doubled = name end
    end
    if doubled then
      refuse(doubled, code[doubled])
      code[doubled] = profile.codes[doubled]
    end
  until not doubled
end

-- The flags of an update with the M bit where the preference has it; a letter that had that bit has none then.
local function flags_with(multiple)
  local flags = {}
  for _, flag in ipairs(profile.binding_update) do
    if flag[3] == "M" then
      flags[#flags + 1] = { flag[1], multiple, "M" }
    elseif flag[2] ~= multiple then
      flags[#flags + 1] = flag
    end
  end
  return flags
end

-- A code point: the preference where it was changed, else what the profile says.
local function choose()
  local chosen = PROFILES[mha.prefs.profile]
  profile = chosen
  code = { icmpv6_protocol = 58 }
  for name, default in pairs(DEFAULTS) do
    local set = mha.prefs[name]
    code[name] = profile.codes[name]
    if set ~= default then
      if is_possible(name, set) then code[name] = set else refuse(name, set) end
    end
  end
  part_types()
  profile = setmetatable({ binding_update = flags_with(code.flag_multiple) }, { __index = chosen })
  wanted_always = mha.prefs.always
  if mha.prefs.other_fields then look_at_other_fields() end
  follow_icmpv6()
  choose_icmpv6()
end

-- Without the Mobility Header's wrapper nobody can hook an option for its message alone: then all of them are.
local function choose_options()
  is_unknown, builtin.option = {}, {}
  for number = 2, 255 do
    builtin.option[number] = options:get_dissector(number)
    is_unknown[number] = not builtin.option[number]
  end
  hooks_options = mha.prefs.options and mha.prefs.mobility
  if not mha.prefs.options or mha.prefs.mobility then return end
  for number = 2, 255 do
    if number == code.option_type or is_unknown[number] then install(options, number, mha_option) end
  end
end

local WIRESHARKS_MOBILITY = 135

local function apply()
  restore()
  choose()
  if mha.prefs.mobility then
    local own = install(protocols, code.mobility_protocol, mha)
    builtin.mobility = own or protocols:get_dissector(WIRESHARKS_MOBILITY) -- its own tree, whatever the number
  end
  if mha.prefs.icmpv6 then builtin.icmpv6 = install(protocols, code.icmpv6_protocol, mha_icmpv6) end
  choose_options()
end

mha.prefs_changed = apply
mha.init = function()
  me = me or Dissector.get("mha")
  forget()
end
raw, length, reported_length, call = Tvb.raw, Tvb.len, Tvb.reported_len, Dissector.call
if everything then look_at_other_fields() end
apply()

-- --- menus: only one mobile node's packets ---

local function filter_of(node)
  return ("mha.node == %s || ipv6.addr == %s || ipv6.opt.mipv6.home_address == %s || ipv6.routing.mipv6.home_address == %s")
    :format(node, node, node, node)
end

local function ask_for_node()
  new_dialog("One mobile node's packets", function(node)
    set_filter(filter_of(node))
    apply_filter()
  end, "Home address")
end

if everything then
  register_menu("Mobile IPv6/One mobile node's packets...", ask_for_node, MENU_TOOLS_UNSORTED)
  if register_packet_menu then -- Wireshark 4.2 and later
    register_packet_menu("Mobile IPv6/This mobile node's packets", function(...)
      for _, info in ipairs({ ... }) do
        if info.name == "mha.node" then
          set_filter(filter_of(info.display))
          apply_filter()
          return
        end
      end
    end, "mha.node")
  end
end
