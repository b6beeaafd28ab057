"""What rules about failing home agents know: the observer's view of failures, fed by the judge."""

from __future__ import annotations

from dissectors.packet import Datagram
from mhatool.exchange import Sighting
from mhatool.observe.failure import MESSAGES, Failures
from mhatool.observe.moment import Moment
from mhatool.validate.rule import Case
from mhatool.validate.seen import Seen
from mhatool.validate.situation import SEVERAL
from mhatool.validate.surroundings import Surroundings, knowledge


@knowledge(*sorted(MESSAGES), only=SEVERAL)
class FailureWatch:
    """Who is in whose list, who probes, who is alive, who tunnels; see `observe.failure`.

    Lists, alarms and tunnels are kept by mobile node; probes and signs of life by home agent, for all of its mobile
    nodes: whoever divides a capture by mobile nodes gives the messages between home agents to each part.
    """

    def __init__(self) -> None:
        self.failures = Failures()

    def see(self, seen: Seen) -> None:
        """Take in a message."""
        self.failures.see(Moment(seen.time_ns, seen.frame), seen.datagram, seen.message)

    def tunnelled(self, sighting: Sighting, inner: Datagram, outer: Datagram) -> None:
        """Take in a packet in a tunnel."""
        place = (sighting.frame.file, sighting.interface, outer.hop_limit)
        self.failures.tunnelled(Moment(sighting.time_ns, sighting.frame), place, inner, outer)


def failures_of(around: Case | Surroundings) -> Failures:
    """What is known so far; for a case without the message at hand."""
    surroundings = around.surroundings if isinstance(around, Case) else around
    return surroundings.known(FailureWatch).failures
