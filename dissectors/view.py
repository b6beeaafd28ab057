"""A view over octets that shows everything and judges nothing: any field of any layer, with its offset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dissectors import registry
from dissectors.errors import DecodeError
from dissectors.profile import Profile
from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec

if TYPE_CHECKING:
    from dissectors.form import Form

UNREAD: Any = object()
"""The value of a view whose octets weren't parsed yet."""

_OPTION_NAMES = {
    "mobility_option": registry.MOBILITY_OPTION,
    "nd_option": registry.ND_OPTION,
    "ipv6_option": registry.IPV6_OPTION,
}


class Problem(NamedTuple):
    """Something in a layer that isn't as its layout says: a stable word, the offset of the octet, a sentence."""

    code: str
    offset: int
    message: str

    def json(self) -> dict[str, Any]:
        """As records show it."""
        return {"problem": self.code, "offset": self.offset, "message": self.message}


class FieldView(NamedTuple):
    """One field as it stands: `offset` and `size` in octets, `value` as the message value would hold it."""

    spec: FieldSpec
    offset: int
    size: int
    value: Any

    @property
    def name(self) -> str:
        """The field's name."""
        return self.spec.name


class View:
    """One layer, option or record of a frame.

    `start` and `end` bound its own octets in `octets`; `truncated` says that the capture, not the sender, cut it
    short. `extra` holds what a layer shows beside its declared fields. Fields are read when first asked for.
    """

    __slots__ = (
        "_fields",
        "_option_problems",
        "_options",
        "_problems",
        "_read",
        "_value",
        "checksum_status",
        "declaration",
        "end",
        "extra",
        "extra_problems",
        "octets",
        "profile",
        "quoted",
        "reassembled",
        "start",
        "truncated",
    )

    form: Form | None = None
    """What frames like this one have in common, where that is known: see `dissectors.form`."""

    def __init__(
        self,
        declaration: Declaration,
        octets: bytes,
        start: int,
        end: int,
        profile: Profile,
        *,
        truncated: bool = False,
        quoted: bool = False,
        reassembled: bool = False,
    ) -> None:
        self.declaration = declaration
        self.octets = octets
        self.start = start
        self.end = end
        self.profile = profile
        self.truncated = truncated
        self.quoted = quoted
        self.reassembled = reassembled
        self.checksum_status = ""
        self.extra: dict[str, Any] = {}
        self.extra_problems: list[Problem] = []
        self._read = False
        self._value: Any = UNREAD
        self._options: list[View] | None = None
        self._option_problems: list[Problem] = []
        self._fields: list[FieldView] = []
        self._problems: list[Problem] = []

    def __repr__(self) -> str:
        return f"<View {self.type} {self.start}..{self.end}>"

    @property
    def type(self) -> str:
        """The layer's name in records, the option's symbol."""
        return self.declaration.symbol

    @property
    def bytes(self) -> bytes:
        """Its own octets."""
        return self.octets[self.start : self.end]

    @property
    def fields(self) -> list[FieldView]:
        """Every field that is there, in wire order."""
        if not self._read:
            self._read_fields()
        return self._fields

    @property
    def problems(self) -> list[Problem]:
        """What doesn't fit its layout; of its options too."""
        if not self._read:
            self._read_fields()
        return self.extra_problems + self._problems

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field by name, or the default where it isn't there."""
        found = self.declaration.fixed_by_name.get(name)
        if found is not None:  # without reading the others
            spec, first, last, shift, mask, unit = found
            last += self.start
            if last > self.end:
                return self.extra.get(name, default)
            raw = self.octets[self.start + first : last]
            if unit:
                return (int.from_bytes(raw) >> shift & mask) * unit
            if mask:
                return spec.kind.value(int.from_bytes(raw) >> shift & mask, self.profile)
            return spec.kind.value(raw, self.profile)
        if name not in self.declaration.by_name:
            return self.extra.get(name, default)
        for field in self.fields:
            if field.spec.name == name:
                return field.value
        return self.extra.get(name, default)

    @property
    def options(self) -> list[View]:
        """Its options in order, padding included."""
        if self._options is None:
            family = self.declaration.options_first
            if family and self.start + self.declaration.fixed_size <= self.end:  # without reading what stands before
                self._options = self._read_options(family, self.start + self.declaration.fixed_size)
            else:
                lists = (field.value for field in self.fields if isinstance(field.spec.kind, kinds.OptionList))
                self._options = next(lists, [])
        return self._options

    def option(self, symbol: str) -> View | None:
        """The first option of a kind, None without one: the same as among `options`, without making all of them."""
        family = self.declaration.options_first
        if self._options is not None or not family or family == "nd_option":
            return next((option for option in self.options if option.declaration.symbol == symbol), None)
        codec, octets, end = self.profile.codec, self.octets, self.end
        numbers = codec.numbers(family, symbol)
        at = self.start + self.declaration.fixed_size
        while at < end:
            number = octets[at]
            if number == 0:
                at += 1
                continue
            stop = at + 2 + octets[at + 1] if at + 2 <= end else end + 1
            if stop > end:
                return None
            if number in numbers:
                declaration = codec.declaration_at(family, octets, at, stop)
                if declaration.symbol == symbol:
                    return View(declaration, octets, at, stop, self.profile)
            at = stop
        return None

    @property
    def value(self) -> Any:
        """The message value, None where these octets are none; parsed once."""
        if self._value is UNREAD:
            try:
                self._value = self.message()
            except DecodeError:
                self._value = None
        return self._value

    def message(self) -> Any:
        """The message value; DecodeError where these octets are none."""
        parse = self.profile.codec.parser(self.declaration.cls)
        try:
            return parse(self.octets, self.start, self.end)
        except DecodeError as error:
            if self.truncated:
                raise DecodeError(
                    "truncated", error.offset, "the capture ends inside this message", field=error.field
                ) from None
            raise

    # --- reading ---

    def _problem(self, code: str, offset: int, message: str) -> None:
        self._problems.append(self._as_seen(code, offset, message))

    def _option_problem(self, code: str, offset: int, message: str) -> None:
        self._option_problems.append(self._as_seen(code, offset, message))

    def _as_seen(self, code: str, offset: int, message: str) -> Problem:
        if self.truncated and code in ("too_short", "length_exceeds", "option_overrun", "wrong_size"):
            code, message = "truncated", "the capture ends here"
        return Problem(code, offset, message)

    def _read_fields(self) -> None:
        self._read = True
        declaration = self.declaration
        for spec in declaration.fixed:
            at = self.start + spec.offset
            if at + spec.size > self.end:
                left = max(self.end - self.start, 0)
                self._problem("too_short", self.end, f"{declaration.title}: {left} octets of {declaration.fixed_size}")
                return
            self._fields.append(FieldView(spec, at, spec.size, self._fixed_value(spec, at)))
        at = self.start + declaration.fixed_size
        for spec in declaration.tails:
            at = self._read_tail(spec, at)
        if not declaration.tails and at < self.end:
            self._problem(
                "trailing_octets", at, f"{declaration.title}: {self.end - at} octets more than its fields have"
            )

    def _fixed_value(self, spec: FieldSpec, at: int) -> Any:
        kind = spec.kind
        raw: Any = self.octets[at : at + spec.size]
        if not kind.is_octets:
            raw = int.from_bytes(raw, "big") >> spec.shift & ((1 << kind.bits) - 1)
        return kind.value(raw, self.profile)

    def _read_tail(self, spec: FieldSpec, at: int) -> int:
        kind = spec.kind
        if isinstance(kind, kinds.AddressList):
            return self._read_addresses(spec, kind, at)
        if isinstance(kind, kinds.OptionList):
            if self._options is None:
                self._options = self._read_options(kind.family, at)
            self._problems += self._option_problems
            self._fields.append(FieldView(spec, at, self.end - at, self._options))
        elif isinstance(kind, kinds.Records):
            self._read_records(spec, kind, at)
        else:
            value = self.octets[at : self.end]
            if isinstance(kind, kinds.OptionalAddress) and len(value) not in (0, 4, 16):
                self._problem("wrong_size", at, f"{spec.name}: {len(value)} octets are no address")
                return self.end
            self._fields.append(FieldView(spec, at, len(value), value))
        return self.end

    def _read_addresses(self, spec: FieldSpec, kind: kinds.AddressList, at: int) -> int:
        end = self.end
        if kind.counted_by:
            stated = at + 16 * self.get(kind.counted_by, 0)
            if stated > end:
                self._problem("wrong_size", at, f"{spec.name}: {stated - at} octets stated, {end - at} left")
            end = min(stated, end)
        whole = at + (end - at) // 16 * 16
        value = tuple(self.octets[k : k + 16] for k in range(at, whole, 16))
        self._fields.append(FieldView(spec, at, whole - at, value))
        if whole < end:
            self._problem("wrong_size", whole, f"{spec.name}: {end - whole} octets left, an address has 16")
        if len(value) < kind.at_least:
            self._problem("wrong_size", at, f"{spec.name}: {len(value)} addresses, at least {kind.at_least} are needed")
        return end

    def _read_records(self, spec: FieldSpec, kind: kinds.Records, at: int) -> None:
        entry: Declaration = kind.entry.__declaration__
        size = entry.fixed_size
        whole = at + (self.end - at) // size * size
        value = [View(entry, self.octets, k, k + size, self.profile) for k in range(at, whole, size)]
        self._fields.append(FieldView(spec, at, whole - at, value))
        if whole < self.end:
            self._problem("wrong_size", whole, f"{spec.name}: {self.end - whole} octets left, an entry has {size}")

    def _read_options(self, family: str, at: int) -> list[View]:
        codec, octets = self.profile.codec, self.octets
        step, bias = (8, 0) if family == "nd_option" else (1, 2)
        found: list[View] = []
        while at < self.end:
            stop = at + 1
            if octets[at] != 0 or family == "nd_option":
                if at + 2 > self.end:
                    self._option_problem("option_overrun", at, "an option's type without a length")
                    break
                stop = at + octets[at + 1] * step + bias
                if stop == at:
                    self._option_problem("option_overrun", at, "an option with a length of 0")
                    break
                if stop > self.end:
                    left = self.end - at
                    self._option_problem("option_overrun", at, f"an option of {stop - at} octets, {left} are left")
                    break
            declaration = codec.declaration_at(family, octets, at, stop)
            view = View(declaration, octets, at, stop, self.profile)
            found.append(view)
            if not declaration.surely_fits(stop - at) and view.problems:
                self._option_problems += [Problem("option_length", p.offset, p.message) for p in view.problems]
            at = stop
        return found

    # --- showing ---

    def json(self, *, octets: bool = False) -> dict[str, Any]:
        """The layer as records show it; with `octets` also what wasn't understood."""
        result: dict[str, Any] = {"type": self.type, "offset": self.start}
        if self.quoted:
            result["quoted"] = True
        if self.reassembled:
            result["reassembled"] = True
        result.update(self.field_json())
        if self.type == "payload" and not octets:
            result.pop("data", None)
        result.update(self.extra)
        problems = self.problems
        if problems:
            result["problems"] = [problem.json() for problem in problems]
            if octets:
                result["octets"] = self.bytes.hex()
        return result

    def field_json(self) -> dict[str, Any]:
        """The declared fields alone."""
        result: dict[str, Any] = {}
        for field in self.fields:
            kind, name, value = field.spec.kind, field.spec.name, field.value
            if isinstance(kind, kinds.OptionList):
                result[name] = [option_json(option) for option in value]
            elif isinstance(kind, kinds.Records):
                result[name] = [entry.field_json() for entry in value]
            elif isinstance(kind, kinds.Reserved):
                if value:
                    result[name] = value
            elif isinstance(kind, kinds.QuotedPacket):
                continue  # its layers follow
            else:
                result[name] = kind.to_json(value, self.profile)
            if isinstance(kind, kinds.UInt) and kind.names is not None:
                result[f"{name}_name"] = kind.names.get(value, "unassigned")
            if isinstance(kind, kinds.Checksum) and self.checksum_status:
                result["checksum_status"] = self.checksum_status
        if self.checksum_status and "checksum_status" not in result:
            result["checksum_status"] = self.checksum_status
        return result


def option_name(view: View) -> str:
    """The option's name: its declaration's title, or IANA's where it has no fields of its own."""
    declaration = view.declaration
    if declaration.symbol != declaration.family:
        return declaration.title
    if declaration.family in view.profile.closed:
        return declaration.title
    return _OPTION_NAMES.get(declaration.family, {}).get(view.octets[view.start], declaration.title)


def option_json(view: View) -> dict[str, Any]:
    """An option as records show it."""
    fields = view.field_json()
    result: dict[str, Any] = {"type": view.octets[view.start], "name": option_name(view)}
    result.update((key, value) for key, value in fields.items() if key != "type")
    if view.problems:
        result["octets"] = view.bytes.hex()
        result["problem"] = view.problems[0].code
    return result
