"""Source for frames of one form: what takes the value of their message from fixed places.

As the parsers in `spec/compile.py`: a loop over facts that never change is unrolled once, and the facts are constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dissectors.spec import kinds
from dissectors.spec.declaration import Declaration, FieldSpec, Message, Option

#: Field names of messages and options whose values are free.
Free = frozenset[str]


def compiled(lines: list[str], namespace: dict[str, Any], name: str, title: str) -> Any:
    """The function `name` that these lines define."""
    exec(compile("\n".join(lines) + "\n", f"<{name} {title}>", "exec"), namespace)
    return namespace[name]


class _ValueSource:
    """Writes what makes a message's value out of a frame."""

    def __init__(self, free: Free, profile: Any) -> None:
        self.lines = ["def value(b):"]
        self.namespace: dict[str, Any] = {"new": object.__new__, "number": int.from_bytes}
        self._free = free
        self._profile = profile
        self._made = 0

    def constant(self, value: Any) -> str:
        """A name for what is the same in all frames."""
        name = f"k{len(self.namespace)}"
        self.namespace[name] = value
        return name

    def item(self, value: Any, octets: bytes, start: int, end: int) -> str:
        """A name for the value of a message or option that stands there."""
        declaration: Declaration = value.__declaration__
        fields = [(spec, self._field(spec, value, octets, start, end)) for spec in declaration.values]
        if all(source is None for _, source in fields):
            return self.constant(value)
        self._made += 1
        name = f"o{self._made}"
        self.lines.append(f"    {name} = new({self.constant(declaration.cls)})")
        for spec, source in fields:
            self.lines.append(f"    {name}.{spec.name} = {source or self.constant(getattr(value, spec.name))}")
        return name

    def _field(self, spec: FieldSpec, value: Any, octets: bytes, start: int, end: int) -> str | None:
        """The expression of a field; None for one that is the same in all frames."""
        kind, first = spec.kind, start + spec.offset
        if isinstance(kind, kinds.OptionList):
            places = _options(octets, start + value.__declaration__.fixed_size, end)
            options = zip(getattr(value, spec.name), places, strict=True)
            names = [self.item(option, octets, at, stop) for option, (at, stop) in options]
            return f"({', '.join(names)},)" if any(name.startswith("o") for name in names) else None
        if isinstance(kind, kinds.AddressList):
            first = end - 16 * len(getattr(value, spec.name))
            return f"({', '.join(f'b[{at}:{at + 16}]' for at in range(first, end, 16))},)"
        if spec.name not in self._free and not isinstance(kind, kinds.Address):
            return None
        if spec.is_tail:
            return f"b[{end - len(getattr(value, spec.name))}:{end}]"
        raw = f"b[{first}:{first + spec.size}]"
        if kind.is_octets:
            return raw
        return kind.decode_source(f"number({raw})", spec.name, self.namespace, self._profile)


def _options(octets: bytes, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Where well-formed mobility options stand."""
    while at < end:
        stop = at + 1 if octets[at] == 0 else at + 2 + octets[at + 1]
        yield at, stop
        at = stop


def value_reader(
    value: Message | Option | None, octets: bytes, start: int, end: int, free: Free, profile: Any
) -> Callable[[bytes], Any]:
    """What gives the message's value in a frame of one form; `value` is that of one such frame, None for none."""
    if value is None:
        return lambda _: None
    source = _ValueSource(free, profile)
    name = source.item(value, octets, start, end)
    source.lines.append(f"    return {name}")
    reader: Callable[[bytes], Any] = compiled(source.lines, source.namespace, "value", type(value).__name__)
    return reader
