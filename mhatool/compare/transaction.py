"""One exchange as two captures are compared by: what was asked, how often, and what was answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from mhatool.compare.facts import Facts
from mhatool.compare.hearing import Heard
from mhatool.exchange import Frame
from mhatool.protocol.lifetime import MAX_BINDACK_TIMEOUT_S, NS_PER_S

LONGEST_WAIT_NS: Final = 2 * MAX_BINDACK_TIMEOUT_S * NS_PER_S
FIRST_WAIT_NS: Final = 5 * NS_PER_S
MOST_GROWTH: Final = 8
"""A request is sent again within a few seconds (1, 1.5 and 3 by RFC 6275, 12), then after twice the time before, at
most 32 s; with room for attempts that weren't captured. The same request later than that is a new one."""

#: The mobile node's home address (or the address that it used) and its peer, as text.
Pair = tuple[str, str]


@dataclass(slots=True)
class Transaction:
    """A request with what answered it, or a message that nothing answers.

    `kind` is a word for people, `subject` the request's type. `attempts`: how often it was sent, 0 where only the
    answer was seen. Times in nanoseconds since 1970: of the first attempt, the last one, the first answer;
    `wait_ns` is the time between the last two attempts.
    `request` and `answer` are what they say, the first answer's. `answerable`: whether there are answers to it at all.
    """

    kind: str
    subject: str
    pair: Pair
    time_ns: int
    last_ns: int
    wait_ns: int = 0
    attempts: int = 0
    answers: int = 0
    answered_ns: int | None = None
    frames: list[Frame] = field(default_factory=list)
    sequence_numbers: list[int] = field(default_factory=list)
    request: Facts = field(default_factory=dict)
    answer: Facts = field(default_factory=dict)
    answerable: bool = True

    @property
    def counts(self) -> Facts:
        """How often it was asked, and answered."""
        return {"attempts": self.attempts, "answers": self.answers} if self.answerable else {"attempts": self.attempts}

    @property
    def facts(self) -> Facts:
        """All that is compared but numbers and times."""
        return {**self.counts, **self.request, **self.answer}

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal exchanges."""
        return self.subject, *sorted(self.facts.items())

    @property
    def latency_ns(self) -> int | None:
        """From the first attempt to the first answer; None where one of them wasn't seen."""
        return self.answered_ns - self.time_ns if self.attempts and self.answered_ns is not None else None

    def attempt(self, heard: Heard, number: int | None = None) -> None:
        """The request was sent (again), with that sequence number."""
        self.attempts += 1
        self.wait_ns = heard.sighting.time_ns - self.last_ns
        self.last_ns = heard.sighting.time_ns
        self.frames.append(heard.sighting.frame)
        if number is not None:
            self.sequence_numbers.append(number)

    def answered(self, heard: Heard, facts: Facts) -> bool:
        """An answer came. False where it says something else than the first one."""
        if self.answers and facts != self.answer:
            return False
        if not self.answers:
            self.answer, self.answered_ns = facts, heard.sighting.time_ns
        self.answers += 1
        self.frames.append(heard.sighting.frame)
        return True

    def repeats(self, facts: Facts, now_ns: int) -> bool:
        """Whether a request with these facts, now, is this one sent again."""
        longest = min(max(FIRST_WAIT_NS, MOST_GROWTH * self.wait_ns), LONGEST_WAIT_NS)
        return self.request == facts and now_ns - self.last_ns <= longest
