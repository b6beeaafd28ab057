-- Wireshark's Lua API as far as the script uses it, for a plain Lua: `lua stub.lua SCRIPT` reads a packet a line from
-- standard input (protocol, source, destination, then those of the IPv6 header, octets in hexadecimal) and prints what
-- the script adds to the tree: a line a field, `frame name value`. Ranges are checked as Wireshark checks them.
local registered = {} -- protocol number -> dissector
local options = {}

local function object(methods)
  methods.__index = methods
  return methods
end

-- --- buffers ---
Tvb = object({})
local Range = object({})

local function tvb(octets) return setmetatable({ octets = octets }, Tvb) end
function Tvb:len() return #self.octets end
function Tvb:reported_len() return #self.octets end
function Tvb:offset() return 0 end
function Tvb:raw(at, size) return at and self.octets:sub(at + 1, at + size) or self.octets end
function Tvb.__call(self, at, size)
  at = at or 0
  size = size or #self.octets - at
  assert(math.type(at) == "integer" and math.type(size) == "integer", "a range of whole numbers")
  assert(at >= 0 and size >= 0 and at + size <= #self.octets, "Range is out of bounds")
  return setmetatable({ octets = self.octets:sub(at + 1, at + size) }, Range)
end

-- --- fields and trees ---
ProtoField = setmetatable({}, { __index = function(_, kind)
  return function(name) return { name = name, kind = kind } end
end })
ProtoExpert = { new = function(name) return { name = name } end }
local names = setmetatable({}, { __index = function(_, name) return name end })
base, frametype = names, names
expert = { group = names, severity = names }
local frame = 0
local Item = object({ visible = true })

local function text(field, range, value)
  if value == nil and range then
    value = range.octets:gsub(".", function(octet) return ("%02x"):format(octet:byte()) end)
    if field.kind:match("^u?int") then value = tostring(tonumber(value, 16)) end
  end
  return tostring(value)
end
function Item:add(field, range, value)
  if getmetatable(range) ~= Range then range, value = nil, range end
  if field.kind then io.write(frame, " ", field.name, " ", text(field, range, value), "\n") end
  return setmetatable({}, Item)
end
function Item:set_generated() return self end
function Item:referenced() return true end
function Item:add_proto_expert_info(field, words) io.write(frame, " ", field.name, " ", words, "\n") end

-- --- the rest ---
function Proto(name)
  return setmetatable({ name = name, prefs = {}, fields = {} }, {})
end
local function preference(_, default) return default end
Pref = { uint = preference, bool = preference, enum = preference }
Field = { new = function() return function() end end }
Dissector = { get = function() return {} end, call = function(_, buf) return buf:len() end }
Address = { ipv6 = function(words) return words end }
UInt64 = { new = function(value) return value end }
NSTime = { new = function(seconds, nanoseconds) return ("%d.%09d"):format(seconds, nanoseconds) end }
bit = {
  band = function(a, b) return a & b end,
  rshift = function(a, b) return a >> b end,
}
function gui_enabled() return false end

local Table = object({})
function Table:get_dissector(number) return self.entries[number] end
function Table:add(number, what) self.entries[number] = what end
function Table:remove(number) self.entries[number] = nil end
DissectorTable = {
  get = function(name)
    return setmetatable({ entries = name == "ip.proto" and registered or options }, Table)
  end,
}

registered[135], registered[58], registered[62] = {}, {}, {}
unpack, setfenv, loadstring = nil, nil, nil -- gone since Lua 5.2
mha_init = nil
local made = {}
local make = Proto
function Proto(...)
  local proto = make(...)
  made[#made + 1] = proto
  return proto
end
assert(loadfile(arg[1]))()
for _, proto in ipairs(made) do
  if proto.init then proto.init() end
end

for line in io.lines() do
  frame = frame + 1
  local protocol, source, destination, wire_source, wire_destination, hex =
    line:match("^(%d+) (%S+) (%S+) (%S+) (%S+) (%x*)$")
  local octets = hex:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
  local pinfo = {
    src = source, dst = destination, net_src = wire_source, net_dst = wire_destination, number = frame,
    rel_ts = frame * 1.25, visited = false, in_error_pkt = false, cols = {},
  }
  registered[tonumber(protocol)].dissector(tvb(octets), pinfo, setmetatable({}, Item))
end
