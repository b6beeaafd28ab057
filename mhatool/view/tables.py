"""The tables of nodes at an instant, as `mhatool timeline --at --node` prints them; read when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dissectors.profile import Profile
from mhatool.capture import open_capture
from mhatool.capture.errors import one_line
from mhatool.capture.second_process import ALONE
from mhatool.capture.wanted import signalling
from mhatool.exchange import Source, sightings
from mhatool.observe.kame import Hearing
from mhatool.protocol.instant import rfc3339
from mhatool.timeline.kame.captured import Captured
from mhatool.timeline.kame.traced import Traced
from mhatool.timeline.names import Names
from mhatool.trace import Trace
from mhatool.view.background import Stop
from mhatool.view.packets import UnreadableError


class Tables:
    """Of captures they are deduced from what the messages say, of a trace told by its nodes."""

    def __init__(self, sources: Mapping[str, str | Trace | None], profile: Profile, names: Names | None = None) -> None:
        """`sources` as in `Packets`."""
        self._sources = sources
        self._profile = profile
        self._names = names
        self._seen: Captured | Traced | None = None

    def lines(self, nodes: Sequence[bytes], at_ns: int, stop: Stop = lambda: False) -> Iterator[str]:
        """The tables of each of these nodes; of all that have some where none is named. `stop`: nobody wants them more.

        Raises UnreadableError, CaptureError.
        """
        if self._seen is None:
            seen = self._read(stop)
            if stop():
                return
            self._seen = seen
        yield f"Tables at {rfc3339(at_ns)}"
        found = [self._seen.names.at(octets) for octets in nodes] or self._seen.nodes()
        for node in {each.name: each for each in found}.values():
            text = self._seen.tables(node, at_ns)
            yield ""
            yield f"{one_line(node.name)}:" + ("" if text else " no binding")
            yield from text.splitlines()

    def _read(self, stop: Stop) -> Captured | Traced:
        named = []
        for name, source in self._sources.items():
            if source is None:
                raise UnreadableError(f"{name} can be read only once: write it to a file, and name that")
            if isinstance(source, Trace):
                return Traced(source, self._names)
            named.append((name, source))
        hearing = Hearing()
        readers = [(name, open_capture(path)) for name, path in named]
        try:
            sieve = signalling(self._profile)
            read = [Source(name, reader.sift(sieve, ALONE), at_rest=True) for name, reader in readers]
            for sighting in sightings(read, self._profile):
                if stop():
                    break
                hearing.see(sighting)
        finally:
            for _, reader in readers:
                reader.close()
        return Captured(hearing, self._names)


__all__ = ["Tables"]
