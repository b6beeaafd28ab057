"""Two judges that share the rules find together what one finds by all of them, whatever the packets are."""

from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from dissectors.profile import BUILT_IN, RFC6275, Profile
from mhatool.capture import Record, open_capture
from mhatool.exchange import Sighting, Source, sightings
from mhatool.validate import RULES, Finding, Judge
from mhatool.validate.needs import ask_for_requests
from mhatool.validate.share import Share, in_share
from tests.captures.test_rules import MANIFEST
from tests.fuzz.corpus import corpus
from tests.fuzz.mutate import mutations
from tests.mhatool.scenes import REPOSITORY, UMIP, S, record
from tests.recipes.__main__ import FOLDER

SCENARIOS = sorted((REPOSITORY / "captures" / "scenarios").glob("*.pcapng"))
RECORDINGS = sorted(UMIP.glob("*.pcap*"))
#: A finding, and in which packet it was found; None for those that show at the end.
Placed = tuple[int | None, Finding]


def records(path: Path) -> list[Record]:
    with open_capture(path) as reader:
        return list(reader)


def found(judge: Judge, seen: Iterable[Sighting]) -> list[Placed]:
    placed: list[Placed] = [(n, finding) for n, sighting in enumerate(seen) for finding in judge.see(sighting)]
    return placed + [(None, finding) for finding in judge.finish()]


def alike(sources: Iterable[Source], profile: Profile = RFC6275) -> int:
    """How many findings there are, which are the same, and as many messages, for one and for two."""
    seen = list(sightings(sources, profile))
    whole, first = Judge(profile), Judge(profile)
    second = first.halve()
    of_one, of_first, of_second = found(whole, seen), found(first, seen), found(second, seen)
    both = of_first + of_second
    packets = [placed for placed in both if placed[0] is not None]
    told = [placed for placed in both if placed[0] is None]
    packets.sort(key=lambda placed: (placed[0] or 0, first.order(placed[1])))
    told.sort(key=lambda placed: first.rank(placed[1]))
    assert packets + told == of_one
    assert (first.messages, second.messages, first.rules) == (whole.messages, 0, whole.rules)
    return len(of_one)


@pytest.mark.parametrize("path", RECORDINGS + SCENARIOS, ids=lambda path: path.stem)
def test_captures(path: Path) -> None:
    alike([Source(path.name, records(path))])


@pytest.mark.parametrize("end", ["keeps", "breaks"])
def test_examples(end: str) -> None:
    for rule in RULES:
        name = f"{rule}.{end}.pcapng"
        profile = BUILT_IN[MANIFEST[rule].get("profile", "rfc6275")]
        count = alike([Source(name, records(FOLDER / name))], profile)
        assert end == "keeps" or count, rule


@pytest.mark.parametrize("seed", range(4))
def test_examples_shuffled_and_doubled(seed: int) -> None:
    """All of them in one capture, a tenth of the packets twice, some out of order."""
    random = Random(seed)
    all_: list[Record] = []
    for number, path in enumerate(sorted(FOLDER.glob("*.pcapng"))):
        all_ += [each._replace(time_ns=each.time_ns + number * 600 * S) for each in records(path)]
    for at in random.sample(range(len(all_)), len(all_) // 10):
        all_.insert(at, all_[at])
    for at in random.sample(range(len(all_) - 5), len(all_) // 10):
        all_[at], all_[at + 4] = all_[at + 4], all_[at]
    assert alike([Source("all", [each._replace(frame=n) for n, each in enumerate(all_, 1)])]) > len(RULES)


def test_several_views_of_one_network() -> None:
    alike([Source(path.name, records(path)) for path in RECORDINGS if path.name.startswith("tour-")])


@pytest.mark.parametrize("profile", BUILT_IN)
def test_mutated_packets(profile: str) -> None:
    random = Random(11)
    packets = list(mutations(5, corpus(), 2000))
    mutated = [record(i, i * S // 100, random.choice(packets)) for i in range(1, 3001)]
    assert alike([Source("mutated", mutated)], BUILT_IN[profile])


def test_both_have_much_to_do_and_nothing_twice() -> None:
    rules = list(RULES.values())
    first, second = in_share(rules, Share.FIRST), in_share(rules, Share.SECOND)
    assert in_share(rules, Share.WHOLE) == rules
    assert sorted(rule.id for rule in first + second) == sorted(RULES)
    assert len(first) > 40
    assert len(second) > 40


def test_requests_are_the_first_ones_alone() -> None:
    """Otherwise the second would have to look at all that asks and answers."""
    rules = list(RULES.values())
    assert ask_for_requests(in_share(rules, Share.FIRST))
    assert not ask_for_requests(in_share(rules, Share.SECOND))


def test_who_has_seen_something_leaves_nothing() -> None:
    judge = Judge()
    seen = list(sightings([Source("x", records(RECORDINGS[0]))]))
    for sighting in seen:
        judge.see(sighting)
    with pytest.raises(ValueError, match="judges already"):
        judge.halve()
    with pytest.raises(ValueError, match="judges already"):
        Judge().halve().halve()
