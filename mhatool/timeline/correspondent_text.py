"""What happened between a mobile node and a correspondent, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mhatool.observe import (
    Correspondence,
    CorrespondentEnd,
    CorrespondentUpdate,
    Moment,
    ProofKind,
    RoutabilityTest,
)
from mhatool.timeline.words import Words

_SHOWN_BY = {
    ProofKind.ACKNOWLEDGEMENT: "acknowledged",
    ProofKind.ROUTING_HEADER: "shown by a type 2 routing header",
    ProofKind.HOME_ADDRESS_OPTION: "shown by Home Address option data",
}
ENDS = {
    CorrespondentEnd.EXPIRED: "no packet: the lifetime was over",
    CorrespondentEnd.REPLACED: "by an update with a number from before",
}


class CorrespondentText:
    """Lines of one correspondent; `letters` stand for care-of addresses."""

    def __init__(self, words: Words, letters: Mapping[bytes, str]) -> None:
        self._words = words
        self._letters = letters

    def lines(self, found: Correspondence) -> Iterator[str]:
        """Updates, refresh requests, errors and silent ends in order of time."""
        lines = [(seen.update.time_ns, self._update(seen)) for seen in found.updates]
        lines += [(moment.time_ns, self._moment("refresh request", moment)) for moment in found.refresh_requests]
        lines += [(moment.time_ns, self._moment("binding error", moment)) for moment in found.errors]
        for binding in found.bindings:
            if binding.end_ns is not None and binding.end_reason in ENDS:
                line = self._line(binding.end_ns, str(binding.end_reason), binding.care_of_address)
                lines.append((binding.end_ns, f"{line}  {'':<15}  {'':>8}  {ENDS[binding.end_reason]}"))
        return (line for _, line in sorted(lines, key=lambda pair: pair[0]))

    def _line(self, time_ns: int, what: str, care_of_address: bytes | None = None) -> str:
        return f"    {self._words.clock(time_ns)}  {what:<15} {self._letters.get(care_of_address or b'', ' ')}"

    def _moment(self, what: str, moment: Moment) -> str:
        return f"{self._line(moment.time_ns, what)}  {'':<15}  {'':>8}  {self._words.frames((moment.frame,))}"

    def _update(self, seen: CorrespondentUpdate) -> str:
        update = seen.update
        line = self._line(update.time_ns, str(seen.kind), update.care_of_address)
        parts = [line, f"{f'seq {update.sequence_number}':<15}", f"{f'{update.lifetime_s} s':>8}"]
        return "  ".join([*parts, self._words.frames(seen.frames), *self.remarks(seen)])

    def remarks(self, seen: CorrespondentUpdate) -> Iterator[str]:
        """Nonces, and what came of it."""
        if seen.home_nonce_index is not None:
            yield f"nonces {seen.home_nonce_index}/{seen.care_of_nonce_index}"
        if seen.error is not None:
            yield "refused by a Binding Error"
        elif seen.acknowledgement is not None and seen.is_refused:
            yield f"refused, status {seen.acknowledgement.status}"
        elif seen.proof is not None:
            yield _SHOWN_BY[seen.proof.kind]
        elif seen.wants_acknowledgement:
            yield "unanswered"


def test_line(test: RoutabilityTest, words: Words) -> str:
    """A home test or care-of test."""
    what = str(test.kind).replace("_", " ").replace("care of", "care-of")
    start = test.asked or test.answered
    index = f"nonce {test.nonce_index}" if test.nonce_index is not None else "unanswered"
    used = f", in {test.uses} updates" if test.uses > 1 else ", in 1 update" if test.uses else ", not used"
    return (
        f"  {words.clock(start.time_ns if start is not None else 0)}  {what:<13} {words.name(test.address)}  "
        f"{words.frames(tuple(moment.frame for moment in test.moments))}  {index}{used if test.answered else ''}"
    )
