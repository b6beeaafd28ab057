-- Octets as Lua sees them: a message is a string `s`, counted from 1; `at` and `stop` count from 0, as in the layouts.
local byte, sub, floor = string.byte, string.sub, math.floor
local band, rshift = bit.band, bit.rshift
local NO_ADDRESS = ("\0"):rep(16)
local code, profile -- what the preferences say; set by `choose`

local function number_at(s, at, size)
  local value = 0
  for i = at + 1, at + size do value = value * 256 + byte(s, i) end
  return value
end

local addresses, address_count = {}, 0

-- The 16 octets of an address's text; nil where a name stands in its place.
local function octets_of(text)
  local found = addresses[text]
  if found ~= nil then return found or nil end
  local v4 = { text:match("^([%x:]*:)(%d+)%.(%d+)%.(%d+)%.(%d+)$") }
  local plain = text
  if v4[1] then plain = ("%s%x:%x"):format(v4[1], v4[2] * 256 + v4[3], v4[4] * 256 + v4[5]) end
  found = false
  if plain:match("^[%x:]+$") and plain:find(":", 1, true) then
    local gap = plain:find("::", 1, true)
    local function groups(part)
      local octets = {}
      for group in part:gmatch("%x+") do
        local value = tonumber(group, 16)
        octets[#octets + 1] = string.char(floor(value / 256) % 256, value % 256)
      end
      return table.concat(octets)
    end
    local head = groups(gap and plain:sub(1, gap - 1) or plain)
    local tail = gap and groups(plain:sub(gap + 2)) or ""
    local missing = 16 - #head - #tail
    if missing >= 0 and (gap or missing == 0) then found = head .. ("\0"):rep(missing) .. tail end
  end
  if address_count > 10000 then addresses, address_count = {}, 0 end
  address_count = address_count + 1
  addresses[text] = found
  return found or nil
end

local function text_of(octets)
  local groups = {}
  for i = 1, 16, 2 do groups[#groups + 1] = ("%x"):format(byte(octets, i) * 256 + byte(octets, i + 1)) end
  local best, length = nil, 1
  local i = 1
  while i <= 8 do
    local j = i
    while j <= 8 and groups[j] == "0" do j = j + 1 end
    if j - i > length then best, length = i, j - i end
    i = j + 1
  end
  if not best then return table.concat(groups, ":") end
  return table.concat(groups, ":", 1, best - 1) .. "::" .. table.concat(groups, ":", best + length, 8)
end

-- Fields of other protocols. That there is one extractor makes tshark build a tree of every packet, which costs a sixth
-- of its time, so there are some in Wireshark's window and where a preference asks for them.
local other

local function look_at_other_fields()
  if other then return end
  local made, found = pcall(function()
    return {
      home_address = Field.new("ipv6.opt.mipv6.home_address"),
      routed = Field.new("ipv6.routing.mipv6.home_address"),
      segments = Field.new("ipv6.routing.segleft"),
      routing_type = Field.new("ipv6.routing.type"),
      routing_length = Field.new("ipv6.routing.len"),
      hop_by_hop_length = Field.new("ipv6.hopopts.len"),
      payload_length = Field.new("ipv6.plen"),
      source = Field.new("ipv6.src"),
      hop_limit = Field.new("ipv6.hlim"),
      ah = Field.new("ah.spi"),
      esp = Field.new("esp.spi"),
    }
  end)
  if made then other = found end -- else it is too late: packets were dissected already
end

-- The octets of an address that Wireshark tells by a name: found by comparing, a bit after the other.
local function searched(address)
  local octets = ""
  for i = 1, 16 do
    local value, step = 0, 128
    while step >= 1 do
      local tried = octets .. string.char(value + step) .. sub(NO_ADDRESS, i + 1)
      if not (address < Address.ipv6(text_of(tried))) then value = value + step end
      step = floor(step / 2)
    end
    octets = octets .. string.char(value)
  end
  return octets
end

local named, name_count = {}, 0 -- name -> the addresses that have it

-- An address of the packet: octets and numeric text.
local function address_of(address)
  local text = tostring(address)
  local octets = octets_of(text)
  if octets then return octets, text end
  if text:match("^%d+%.%d+%.%d+%.%d+$") then return nil, text end
  for _, known in ipairs(named[text] or {}) do
    if known.address == address then return known.octets, known.text end
  end
  octets = searched(address)
  local numeric = text_of(octets)
  if Address.ipv6(numeric) ~= address then return nil, text end -- of another kind
  if name_count > 10000 then named, name_count = {}, 0 end
  name_count = name_count + 1
  named[text] = named[text] or {}
  table.insert(named[text], { address = Address.ipv6(numeric), octets = octets, text = numeric })
  return octets, numeric
end

-- Whether the innermost packet so far has one of these fields; one that stands before it is of a tunnel's outer packet.
local function innermost_has(...)
  local sources = { other.source() }
  local header = #sources > 1 and sources[#sources].offset or -1
  for _, field in ipairs({ ... }) do
    if field.offset > header then return true end
  end
  return false
end

-- Whether the innermost packet so far goes beyond a frame that is told to be whole: mirror ports slice frames so. What
-- Wireshark put together itself doesn't end where the frame does.
local function is_sliced(buf, pinfo)
  if buf:offset() + buf:reported_len() ~= pinfo.len then return false end
  local lengths = { other.payload_length() }
  local function goes_beyond(length) return length.offset + 36 + length.value > pinfo.len end
  return #lengths > 0 and goes_beyond(lengths[1]) and goes_beyond(lengths[#lengths])
end

-- The address in the routing header of the innermost packet so far; nil where it has none with segments left.
local function routed_destination()
  local routed, segments, sources = { other.routed() }, { other.segments() }, { other.source() }
  local last, left, header = routed[#routed], segments[#segments], sources[#sources]
  if last and left and left.value > 0 and last.len == 16 and header and last.offset > header.offset then
    return last.range:raw()
  end
end

-- How many segments may be left of a routing header's: none of a type that nobody here reads.
local MOST_SEGMENTS = {
  [0] = function(length) return floor(length / 2) end,
  [2] = function() return 1 end,
  [3] = function() return 255 end,
  [4] = function() return 255 end,
}

-- Whether a routing header of the innermost packet so far is on its way to nobody knows whom: of a type that nobody here
-- reads, or with more segments left than it has addresses (RFC 8200, 4.4).
local function goes_elsewhere()
  local kinds, segments, sources = { other.routing_type() }, { other.segments() }, { other.source() }
  local lengths, header = { other.routing_length() }, sources[#sources]
  for i, kind in ipairs(kinds) do
    if header and kind.offset > header.offset and segments[i] and lengths[i] then
      local most = MOST_SEGMENTS[kind.value]
      if segments[i].value > (most and most(lengths[i].value) or 0) then return true end
    end
  end
  return false
end

-- The Home Address options of the innermost packet so far; and how many others stand in a Hop-by-Hop Options header,
-- which is no place for them (RFC 6275, 6.3).
local function homes()
  local sources, lengths = { other.source() }, { other.hop_by_hop_length() }
  local header, found, misplaced = sources[#sources], {}, 0
  for _, home in ipairs({ other.home_address() }) do
    local inside = header and home.offset > header.offset
    local hop_by_hop = false
    for _, length in ipairs(lengths) do
      local first = length.offset - 1
      hop_by_hop = hop_by_hop or (home.offset > first and home.offset < first + (length.value + 1) * 8)
    end
    if inside and hop_by_hop then
      misplaced = misplaced + 1
    elseif inside then
      found[#found + 1] = home
    end
  end
  return found, misplaced
end

-- Whether the innermost packet so far has two Home Address options that name different addresses: RFC 6275, 6.3 allows
-- one, and nobody knows which of them the sender meant.
local function has_two_homes(found)
  for _, home in ipairs(found) do
    if home.range:raw() ~= found[1].range:raw() then return true end
  end
  return false
end

-- The sum of all 16-bit words.
local function sum(s, size)
  local high, low = 0, 0
  local whole = size - size % 8
  for i = 1, whole, 8 do
    local a, b, c, d, e, f, g, h = byte(s, i, i + 7)
    high, low = high + a + c + e + g, low + b + d + f + h
  end
  for i = whole + 1, size, 2 do
    high = high + byte(s, i)
    if i < size then low = low + byte(s, i + 1) end
  end
  return high * 256 + low
end

-- The checksum that a message should have whose own stands `at` an offset (RFC 8200, 8.1).
local function checksum(s, size, at, source, destination, protocol)
  local total = sum(s, size) - number_at(s, at, 2) + sum(source, 16) + sum(destination, 16) + size + protocol
  while total > 0xffff do total = total % 0x10000 + floor(total / 0x10000) end
  return 0xffff - total
end

local function good_checksum(s, size, at, source, destination, protocol)
  local there, right = number_at(s, at, 2), checksum(s, size, at, source, destination, protocol)
  return there == right or (there == 0xffff and right == 0), right
end

local function is_multicast(octets) return byte(octets, 1) == 0xff end

-- A unicast routable address as RFC 6275 means it.
local function is_routable(octets)
  local first, second = byte(octets, 1, 2)
  if first == 0xff or (first == 0xfe and band(second, 0xc0) == 0x80) then return false end
  if sub(octets, 9) == "\253\255\255\255\255\255\255\254" then return false end
  if sub(octets, 1, 10) ~= sub(NO_ADDRESS, 1, 10) then return true end
  local next_ = sub(octets, 11, 12)
  return next_ ~= "\255\255" and next_ ~= "\0\0"
end

-- The options from `at` on: number, at, stop, symbol of each; and where one goes beyond the end.
local function options_of(s, at, stop, family)
  local found = {}
  local step, bias = 1, 2
  if family == "nd_option" then step, bias = 8, 0 end
  local symbols = profile[family]
  while at < stop do
    local number, ends = byte(s, at + 1), at + 1
    if number ~= 0 or family == "nd_option" then
      if at + 2 > stop then return found, at end
      ends = at + byte(s, at + 2) * step + bias
      if ends == at or ends > stop then return found, at end
    end
    local symbol = symbols[number]
    if family ~= "nd_option" then
      local size = ends - at - 2
      if number == code.option_type and size >= 16 and size <= 240 and size % 16 == 0 then
        symbol = "multiple_home_agents"
      end
    end
    found[#found + 1] = { number = number, at = at, stop = ends, symbol = symbol }
    at = ends
  end
  return found, nil
end

-- Whether an option's size is one that its fields can have.
local function option_fits(option)
  local layout = option.symbol and LAYOUT[option.symbol]
  if not layout then return true end
  local size = option.stop - option.at
  if layout.tail == "address" then return size == 6 or size == 10 or size == 22 end
  if layout.tail then return size >= layout.size end
  return size == layout.size
end

local function show_flags(field, range, value, item)
  local flags = item:add(field.field, range, value)
  for _, flag in ipairs(profile[field.flags] or field.letters) do
    flags:add(flag[1], range, band(value, flag[2]) ~= 0)
  end
end

local function show_field(field, buf, s, at, item)
  local place = at + field.at
  local range = buf(place, field.size)
  if field.whole then
    item:add(field.field, range)
    return
  end
  local value = number_at(s, place, field.size)
  if field.mask then value = band(rshift(value, field.shift), field.mask) end
  if field.flags then
    show_flags(field, range, value, item)
  else
    value = value * field.unit
    item:add(field.field, range, field.is_large and UInt64.new(value) or value)
  end
end

local show_options

local function show_tail(tail, layout, buf, s, at, place, stop, item)
  if tail.kind == "addresses" then
    local last = stop
    if tail.counted_at and at + tail.counted_at < stop then
      last = math.min(stop, place + 16 * byte(s, at + tail.counted_at + 1))
    end
    while place + 16 <= last do
      item:add(tail.field, buf(place, 16))
      place = place + 16
    end
    return last
  elseif tail.kind == "options" then
    show_options(buf, s, place, stop, tail.family, item)
  elseif tail.kind == "address" then
    if stop - place == 16 then item:add(tail.field, buf(place, 16)) end
    if stop - place == 4 then item:add(tail.ipv4, buf(place, 4)) end
  elseif place < stop then
    item:add(tail.field, buf(place, stop - place))
  end
  return stop
end

-- The fields of one message or option, as far as they are there.
local function show(layout, buf, s, at, stop, item)
  for _, field in ipairs(layout.fields) do
    if at + field.at + field.size > stop then return end
    show_field(field, buf, s, at, item)
  end
  local place = at + layout.size
  if place > stop then return end
  for _, tail in ipairs(layout.tails) do place = show_tail(tail, layout, buf, s, at, place, stop, item) end
end

-- What an option without fields of its own is called; nil where nobody has assigned its type.
local function assigned_name(option, family)
  return not profile.closed[family] and OPTION_NAME[family][option.number] or nil
end

-- One option with its type and length.
local function show_option(option, family, buf, s, item)
  local layout = LAYOUT[option.symbol or family]
  local name = not option.symbol and assigned_name(option, family) or layout.title
  local shown = item:add(mha, buf(option.at, option.stop - option.at), ("%s (%d)"):format(name, option.number))
  local prefix = family == "nd_option" and "mha.nd_option" or "mha.option"
  local type_ = shown:add(F[prefix .. ".type"], buf(option.at, 1))
  if profile.closed[family] then -- the field's own words are today's
    type_:set_text(("Type: %s (%d)"):format(option.symbol and name or "Unknown", option.number))
  end
  if option.stop - option.at > 1 then shown:add(F[prefix .. ".length"], buf(option.at + 1, 1)) end
  show(layout, buf, s, option.at, option.stop, shown)
end

local hooked = {} -- offsets in the frame of options that the hook of Wireshark's own tree has shown

function show_options(buf, s, at, stop, family, item)
  local base = buf:offset()
  for _, option in ipairs((options_of(s, at, stop, family))) do
    if not (family == "mobility_option" and hooked[base + option.at]) then
      show_option(option, family, buf, s, item)
    end
  end
end
