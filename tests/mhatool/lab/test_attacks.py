"""Attacks on live nodes: each is dropped or refused with its reason, and nothing has changed.

The attacker is a host of the correspondent's link, which may say that it is anybody. What it hears on a node's way is
taken from that node's log. The mobile node shares a key with each home agent; the attacker shares one with the first
agent too, for a home address of its own.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from dissectors.build import build, layer
from dissectors.icmpv6.home_agent_unreachable import HomeAgentUnreachable
from dissectors.icmpv6.home_agents import DhaadReply, DhaadRequest
from dissectors.ipv6.address import parse, text
from dissectors.ipv6.header import Ipv6
from dissectors.mobility.binding import BindingAcknowledgement
from dissectors.options.identity import MobilityMessageAuthentication
from dissectors.profile import RFC6275
from dissectors.spec import Flags, Option
from mhatool.lab.topology import BUILT_IN
from mhatool.live.clock import Clock
from mhatool.network import datagram as ipv6
from mhatool.network.attacker import redirected
from mhatool.network.traffic import udp
from mhatool.protocol import ntp
from mhatool.protocol.mobility_authentication import AUTHENTICATOR_SIZE, MN_HA, authenticator
from mhatool.protocol.neighbourhood import home_agents_anycast
from tests.fuzz.mutate import mutations
from tests.mhatool.lab.attacker import ATTACKER, Attacker, Key, heard, summed
from tests.mhatool.lab.standing import AGENTS, HOME, PATIENCE_S, Standing, care_of, standing, until
from tests.mhatool.lab.withstanding import counted, held, registrations, without_numbers, withstands

pytestmark = [
    pytest.mark.root,
    pytest.mark.ping,
    pytest.mark.iproute2,
    pytest.mark.bird,
    pytest.mark.nft,
    pytest.mark.ethtool,
]
HOME_ADDRESS, AGENT1, AGENT2 = (parse(each) for each in (HOME, *AGENTS))
INSIDER, SECOND, BARRED, NOBODY = (parse(f"2001:db8:2::{each}") for each in ("bad", "bad2", "bad3", "dead"))
"""Home addresses: the attacker's own, of which the third may not register, and one that no mobile node has."""
STRANGER = parse("2001:db8:c::66")
KEYS = {AGENT1: Key(1000, bytes(range(16))), AGENT2: Key(1001, bytes(range(1, 17)))}
INSIDERS = {
    INSIDER: Key(1002, b"the attacker has"),
    SECOND: Key(1003, b"three keys of its"),
    BARRED: Key(1004, b"own with agent 1"),
}
GUESSED = Key(1000, b"update guesses!")
CONSTANTS = {"base": "fast-lab", "probe_failures": 20, "probe_interval_s": 1, "probe_idle_s": 1}
"""Moves are quick; agents are patient with each other while one is started again."""
DISCOVERY_RATE = 50
CORRESPONDENTS = 5
FLOOD = 10_000
"""Messages a second."""
MUTATED = 20_000
REPLAY_WITHIN_S = 7.0
"""A timestamp that is older is refused for that alone (RFC 4285, 6)."""


def association(home: bytes, agent: bytes, key: Key) -> str:
    """An entry of a home agent's file of keys; a mobile node's names the agent alone."""
    home_address = f'home_address = "{text(home)}"\n' if home else ""
    agents = f'home_agent = "{text(agent)}"\nspi = {key.spi}\nkey = "{key.key.hex()}"\n'
    return f"[[associations]]\n{home_address}{agents}\n"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """Return the testbed with keys, its mobile node away and registered with both agents."""
    folder = tmp_path_factory.mktemp("lab")
    entries = {agent: association(HOME_ADDRESS, agent, key) for agent, key in KEYS.items()}
    files = {
        "ha1": entries[AGENT1] + "".join(association(home, AGENT1, key) for home, key in INSIDERS.items()),
        "ha2": entries[AGENT2],
        "mn": "".join(association(b"", agent, key) for agent, key in KEYS.items()),
    }
    written = (BUILT_IN / "paper.toml").read_text("utf-8")
    for name, keys in files.items():
        path = folder / f"{name}.keys"
        path.touch(0o600)
        path.write_text(keys)
        written = written.replace("insecure = true", f'keys = "{path}"', 1)
    for name in ("ha1", "ha2"):
        table = f"[nodes.{name}.live.home_agent"
        written = written.replace(f"{table}.adv", f"{table}]\ndiscovery_rate = {DISCOVERY_RATE}\n{table}.adv")
    permitted = [text(home) for home in (HOME_ADDRESS, INSIDER, SECOND)]
    limits = f"[nodes.ha1.live.home_agent]\npermitted = {permitted}\nmost_bindings_of_one = 1"
    written = written.replace("[nodes.ha1.live.home_agent]", limits)
    written = written.replace("home_agents = 2", f"home_agents = 2\nmost_correspondents = {CORRESPONDENTS}")
    topology = folder / "attacks.toml"
    topology.write_text(written)
    with standing(str(topology), folder, constants=CONSTANTS, trace="") as made:
        until(lambda: "nd:address_assigned" in {event["event"] for event in made.show("mn", "log")})
        _move(made, 3)
        until(lambda: _reaches(made))
        yield made
        for node in ("ha1", "ha2", "mn", "cn"):
            assert "unexpected" not in made.log(node)


@pytest.fixture
def attacker(lab: Standing) -> Attacker:
    return Attacker(lab)


def _move(lab: Standing, link: int) -> None:
    """The mobile node goes to a foreign link, and is registered with both agents there."""
    lab.lab.move("mn", f"foreign{link}")
    until(lambda: _is_registered(lab, link))


def _is_registered(lab: Standing, link: int) -> bool:
    is_known = all(_care_of_addresses(lab, agent) == {care_of(link)} for agent in ("ha1", "ha2"))
    return is_known and [row["state"] for row in registrations(lab)] == ["BOUND"] * 2


def _care_of_addresses(lab: Standing, agent: str) -> set[str]:
    own = {text(home) for home in INSIDERS}
    return {row["care_of_address"] for row in lab.show(agent, "bindings") if row["home_address"] not in own}


def _reaches(lab: Standing) -> bool:
    return lab.run("cn2", "ping", "-c", "1", "-W", "1", HOME).returncode == 0


def _where(lab: Standing) -> bytes:
    """The mobile node's care-of address."""
    (address,) = _care_of_addresses(lab, "ha2")
    return parse(address)


# --- Binding Updates ---


@pytest.mark.parametrize("agent", KEYS, ids=["ha1", "ha2"])
@pytest.mark.parametrize("key", [None, GUESSED, Key(999, GUESSED.key)], ids=["no proof", "wrong", "unknown index"])
def test_a_binding_update_without_a_proof_that_fits(
    lab: Standing, attacker: Attacker, agent: bytes, key: Key | None
) -> None:
    """To lead the traffic to the attacker, and to end the binding (RFC 4285, 5: status 146)."""
    now = ntp.timestamp(Clock().now())
    with withstands(lab, _name(agent), "refused", "auth_fail", times=2):
        for lifetime_s in (420, 0):
            attacker.sends(attacker.update(agent, HOME_ADDRESS, lifetime_s=lifetime_s, key=key, timestamp=now))


def _name(agent: bytes) -> str:
    return "ha1" if agent == AGENT1 else "ha2"


def test_a_binding_update_for_the_home_address_of_another_one(lab: Standing, attacker: Attacker) -> None:
    """The attacker signs with the key of its own home address, for others that have a key and that have none."""
    now = ntp.timestamp(Clock().now())
    with withstands(lab, "ha1", "refused", "auth_fail", times=2):
        for home in (HOME_ADDRESS, NOBODY):
            attacker.sends(attacker.update(AGENT1, home, key=INSIDERS[INSIDER], timestamp=now))


def test_a_replayed_binding_update(lab: Standing, attacker: Attacker) -> None:
    """Octet for octet: its timestamp isn't later than the last one (144). The mobile node asked for no answer."""
    update = _fresh_update(lab)
    drops = counted(lab, "mn", "dropped", "sequence_number")
    with withstands(lab, "ha1", "refused", "id_mismatch"):
        attacker.sends(update)
    until(lambda: counted(lab, "mn", "dropped", "sequence_number") > drops)


def test_a_binding_update_replayed_at_the_other_agent(lab: Standing, attacker: Attacker) -> None:
    """The keyed hash doesn't cover the agent's address; each agent has a key of its own."""
    with withstands(lab, "ha2", "refused", "auth_fail"):
        attacker.sends(redirected(heard(lab, "mn", "binding_update", AGENT1), None, AGENT2, RFC6275))


def test_more_binding_updates_than_an_agent_answers(lab: Standing, attacker: Attacker) -> None:
    """20 a second of one source (`update_rate`): its refusals can't be used to flood somebody else."""
    before = lab.show("ha1", "stats")
    with attacker.keeps_sending([attacker.update(AGENT1, HOME_ADDRESS)], times=500) as process:
        assert process.wait(30) == 0
    until(lambda: counted(lab, "ha1", "dropped", "rate_limit") >= before["dropped"].get("rate_limit", 0) + 400)
    refused = counted(lab, "ha1", "refused", "auth_fail") - before["refused"].get("auth_fail", 0)
    assert 20 <= refused <= 100


def test_more_home_addresses_than_one_mobile_node_may_have(lab: Standing, attacker: Attacker) -> None:
    """Each signed with its own key, at one care-of address (`most_bindings_of_one`): 130."""
    now = ntp.timestamp(Clock().now())
    attacker.sends(attacker.update(AGENT1, INSIDER, key=INSIDERS[INSIDER], timestamp=now))
    until(lambda: text(INSIDER) in _home_addresses(lab))
    with withstands(lab, "ha1", "refused", "insufficient_resources"):
        attacker.sends(attacker.update(AGENT1, SECOND, key=INSIDERS[SECOND], timestamp=now))
    _ends(lab, attacker, now)


def _home_addresses(lab: Standing) -> set[str]:
    return {row["home_address"] for row in lab.show("ha1", "bindings") if not row["pending"]}


def _ends(lab: Standing, attacker: Attacker, begun: int) -> None:
    """The attacker's binding goes, a second after it began as its time stamps say."""
    later = begun + (1 << 32)
    attacker.sends(attacker.update(AGENT1, INSIDER, number=2, lifetime_s=0, key=INSIDERS[INSIDER], timestamp=later))
    until(lambda: text(INSIDER) not in _home_addresses(lab))


def test_a_home_address_that_may_not_register(lab: Standing, attacker: Attacker) -> None:
    """It has a key, and isn't among those `permitted`: 129."""
    now = ntp.timestamp(Clock().now())
    with withstands(lab, "ha1", "refused", "prohibited"):
        attacker.sends(attacker.update(AGENT1, BARRED, key=INSIDERS[BARRED], timestamp=now))


def _fresh_update(lab: Standing) -> bytes:
    """The mobile node's latest one to the first agent, which it has just sent, as its timestamp shows."""
    _move(lab, 1 if parse(care_of(3)) == _where(lab) else 3)
    return heard(lab, "mn", "binding_update", AGENT1)


# --- what the mobile node is told ---


@pytest.mark.parametrize("status", [0, 129, 135, 144, 146])
def test_a_forged_binding_acknowledgement(lab: Standing, attacker: Attacker, status: int) -> None:
    """With the number that was used last, which the attacker has seen; unsigned, and signed with a guess."""
    number = next(row["sequence_number"] for row in lab.show("mn", "updates") if row["peer"] == AGENTS[0])
    nothing = bytes(AUTHENTICATOR_SIZE)
    proof = MobilityMessageAuthentication(subtype=MN_HA, spi=GUESSED.spi, authenticator=nothing)
    options: tuple[tuple[Option, ...], ...] = ((), (proof,))
    with withstands(lab, "mn", "dropped", "not_authenticated", times=2):
        for each in options:
            message = BindingAcknowledgement(
                status=status, flags=Flags(), sequence_number=number, lifetime_s=0, options=each
            )
            attacker.sends(_to_mobile_node(lab, attacker, message, AGENT1, _guess(lab) if each else None))


def _guess(lab: Standing) -> Callable[[bytes], bytes]:
    care_of_address = _where(lab)
    return lambda header: authenticator(GUESSED.key, care_of_address, HOME_ADDRESS, header)


def _to_mobile_node(
    lab: Standing, attacker: Attacker, message: Any, source: bytes, seal: Callable[[bytes], bytes] | None = None
) -> bytes:
    return attacker.writer.write(message, source, _where(lab), routed_to=HOME_ADDRESS, seal=seal)


def _alarm(lab: Standing, attacker: Attacker, source: bytes, *named: bytes, number: int = 4711) -> bytes:
    message = HomeAgentUnreachable(identifier=number, unreachable=named)
    return _to_mobile_node(lab, attacker, message, source)


def test_a_binding_acknowledgement_of_a_stranger(lab: Standing, attacker: Attacker) -> None:
    message = BindingAcknowledgement(status=0, flags=Flags(), sequence_number=1, lifetime_s=420, options=())
    with withstands(lab, "mn", "dropped", "no_entry"):
        attacker.sends(_to_mobile_node(lab, attacker, message, STRANGER))


def test_a_forged_alarm_of_a_stranger_or_about_strangers(lab: Standing, attacker: Attacker) -> None:
    """About an agent, by nobody's agent; about others, or about itself, in an agent's name (the paper, III-D)."""
    with withstands(lab, "mn", "dropped", "not_listed", times=3):
        attacker.sends(_alarm(lab, attacker, ATTACKER, AGENT1))
        attacker.sends(_alarm(lab, attacker, AGENT2, STRANGER))
        attacker.sends(_alarm(lab, attacker, AGENT2, AGENT2, AGENT1))


def test_a_forged_alarm_in_an_agents_name_about_one_that_lives(lab: Standing, attacker: Attacker) -> None:
    """The mobile node asks the agent itself; it stays, and not a packet is lost. Once more is too soon."""
    tables = without_numbers(held(lab))
    ping = ("ping", "-q", "-c", "100", "-i", "0.02", "-W", "2", HOME)
    with lab.running("cn2", *ping) as pings, withstands_later(lab, "mn", "dropped", "paced"):
        attacker.sends(_alarm(lab, attacker, AGENT2, AGENT1))
        until(lambda: _checked(lab) == [(AGENTS[0], True)])
        attacker.sends(_alarm(lab, attacker, AGENT2, AGENT1))
        said = pings.communicate(timeout=PATIENCE_S)[0]
    assert "100 received" in said, said
    assert without_numbers(held(lab)) == tables


@contextmanager
def withstands_later(lab: Standing, node: str, what: str, reason: str) -> Iterator[None]:
    """At least one packet is dropped for this reason; what may change is the caller's concern."""
    before = counted(lab, node, what, reason)
    yield
    until(lambda: counted(lab, node, what, reason) > before)


def _checked(lab: Standing) -> list[tuple[str, bool]]:
    events = [event for event in lab.show("mn", "log") if event["event"] == "agent:checked"]
    return [(event["home_agent"], event["alive"]) for event in events]


def test_ten_thousand_forged_alarms_a_second_while_it_moves(lab: Standing, attacker: Attacker) -> None:
    """By agents, about each other, and by strangers, to both of its care-of addresses; it registers all the same."""
    there = 1 if parse(care_of(3)) == _where(lab) else 3
    message = [HomeAgentUnreachable(identifier=number, unreachable=(AGENT1, AGENT2)) for number in range(20)]
    sources = (AGENT1, AGENT2, STRANGER, ATTACKER)
    datagrams = [
        attacker.writer.write(each, source, parse(care_of(link)), routed_to=HOME_ADDRESS)
        for each in message
        for source in sources
        for link in (1, 3)
    ]
    with attacker.keeps_sending(datagrams, times=FLOOD * 90, rate=FLOOD) as flood:
        unread = _unread(lab)
        with withstands_later(lab, "mn", "dropped", "not_listed"):
            for link in (there, 4 - there):
                _move(lab, link)
                until(lambda: _reaches(lab))
        until(lambda: _unread(lab) > unread)
        assert flood.poll() is None, "the flood was over too early"
    until(lambda: _is_registered(lab, 4 - there))


def _unread(lab: Standing) -> int:
    """What the mobile node didn't look at: too much of one source, or, on a busy machine, of all together."""
    return sum(counted(lab, "mn", "dropped", reason) for reason in ("rate_limit", "overrun"))


def test_more_than_a_node_can_read(lab: Standing, attacker: Attacker) -> None:
    """It is busy, and the kernel keeps no more of what comes than there is room for (4 MiB): the rest is counted."""
    flood = [_alarm(lab, attacker, STRANGER, AGENT1)]
    before, tables = counted(lab, "mn", "dropped", "overrun"), held(lab)
    lab.lab.processes.signal("mn", signal.SIGSTOP)
    with attacker.keeps_sending(flood, times=2 * FLOOD) as process:
        assert process.wait(30) == 0
    lab.lab.processes.signal("mn", signal.SIGCONT)
    until(lambda: counted(lab, "mn", "dropped", "overrun") > before)
    assert held(lab) == tables


# --- tunnels ---


def test_packets_of_many_senders_through_the_tunnel(lab: Standing, attacker: Attacker) -> None:
    """In an agent's name, which nothing proves: routes are optimised with a few at a time (`most_correspondents`)."""
    senders = [STRANGER[:14] + bytes([2, number]) for number in range(100)]
    packets = [udp(sender, HOME_ADDRESS, 40_000, b"forged") for sender in senders]
    tables = held(lab)
    attacker.sends(*(ipv6.encapsulate(packet, AGENT1, _where(lab)) for packet in packets))
    until(lambda: len(_correspondents(lab)) == CORRESPONDENTS)
    assert _correspondents(lab) <= {text(each) for each in (*senders, ATTACKER)}
    assert held(lab) == tables


def _correspondents(lab: Standing) -> set[str]:
    return {row["peer"] for row in lab.show("mn", "updates") if not row["home_registration"]}


# --- discovery, lists ---


def test_a_flood_of_discovery_requests(lab: Standing, attacker: Attacker) -> None:
    """From many sources: so many replies a second, whoever asks (`discovery_rate`)."""
    sources = [STRANGER[:14] + bytes([1, number]) for number in range(256)]
    anycast = home_agents_anycast(HOME_ADDRESS)
    requests = [
        attacker.writer.write(DhaadRequest(identifier=number, flags=Flags()), source, anycast)
        for number, source in enumerate(sources)
    ]
    tables, before, begin = held(lab), _replies(lab), time.monotonic()
    with attacker.keeps_sending(requests, times=FLOOD, rate=FLOOD) as process:
        assert process.wait(30) == 0
    until(lambda: sum(counted(lab, agent, "dropped", "rate_limit") for agent in ("ha1", "ha2")) > FLOOD // 10)
    replies = _replies(lab) - before
    seconds = time.monotonic() - begin
    assert DISCOVERY_RATE // 2 <= replies <= 2 * DISCOVERY_RATE * (seconds + 1)
    assert held(lab) == tables


def _replies(lab: Standing) -> int:
    return sum(lab.show(agent, "stats")["sent"].get("dhaad_reply", 0) for agent in ("ha1", "ha2"))


def test_a_list_of_fifteen_agents_of_which_nobody_knows_fourteen(lab: Standing, attacker: Attacker) -> None:
    """It is the attacker's own binding: those that it names are told of nothing and asked for nothing."""
    named = (AGENT1, *(STRANGER[:15] + bytes([number]) for number in range(101, 115)))
    now = ntp.timestamp(Clock().now())
    attacker.sends(attacker.update(AGENT1, INSIDER, agents=named, key=INSIDERS[INSIDER], timestamp=now))
    until(lambda: text(INSIDER) in _home_addresses(lab))
    log = lab.show("ha1", "log")
    unknown = [event["address"] for event in log if event["event"] == "agent:unknown_listed"]
    assert unknown == [text(address) for address in named[1:]]
    probed = {event["destination"] for event in log if event.get("message") == "heartbeat"}
    assert probed <= set(AGENTS)
    _ends(lab, attacker, now)


def test_lists_that_say_more_than_there_is(lab: Standing, attacker: Attacker) -> None:
    """A list that runs beyond its message, or ends within an address: malformed, before anything else counts."""
    update = attacker.update(AGENT1, HOME_ADDRESS, agents=(AGENT1, AGENT2))
    at = update.index(AGENT1 + AGENT2) - 1  # the option's length stands before them
    with withstands(lab, "ha1", "dropped", "malformed", times=2):
        for length in (0xFF, 31):
            attacker.sends(summed(update[:at] + bytes([length]) + update[at + 1 :]))
    # No list of whole addresses is none at all. Kernels' Router Solicitations are dropped for the same reason.
    with withstands(lab, "mn", "dropped", "not_our_role", exactly=False):
        attacker.sends(summed(_one_octet_less(_alarm(lab, attacker, AGENT2, AGENT1))))


def _one_octet_less(datagram: bytes) -> bytes:
    return datagram[:4] + (len(datagram) - ipv6.HEADER - 1).to_bytes(2) + datagram[6:-1]


def test_long_lists_that_nobody_asked_for(lab: Standing, attacker: Attacker) -> None:
    """As many agents as a packet holds: in an alarm, and in an answer to a discovery that isn't going on."""
    many = tuple(STRANGER[:14] + number.to_bytes(2) for number in range(80))
    with withstands(lab, "mn", "dropped", "not_listed"):
        attacker.sends(_alarm(lab, attacker, AGENT2, *many))
    reply = DhaadReply(identifier=1, flags=Flags(), home_agents=many)
    with withstands(lab, "mn", "dropped", "not_asked"):
        attacker.sends(attacker.writer.write(reply, AGENT2, _where(lab)))


# --- anything ---


def test_twenty_thousand_mutated_frames(lab: Standing, attacker: Attacker) -> None:
    """Of all that nodes of the lab say, on their links; those of Mobility Headers with a checksum that fits."""
    there = int(text(_where(lab)).split(":")[2])
    targets = (
        ("home", "02:00:00:00:02:01", AGENT1),
        ("home", "02:00:00:00:02:02", AGENT2),
        (f"foreign{there}", "02:00:5e:10:00:01", _where(lab)),
        ("peers", "02:00:00:00:0c:0a", parse("2001:db8:c::a")),
    )
    corpus = _corpus(lab, attacker)
    tables = without_numbers(held(lab))
    before = _all_dropped(lab)
    for seed, (link, link_address, address) in enumerate(targets):
        header = bytes.fromhex(link_address.replace(":", "")) + bytes.fromhex("02000000006686dd")
        frames = [header + each for each in _mutated(seed, corpus, address, MUTATED // len(targets))]
        attacker.puts_on(link, frames, rate=2 * FLOOD)
    until(lambda: _all_dropped(lab) > before + MUTATED // 4)
    for node in ("ha1", "ha2", "mn", "cn"):
        assert "unexpected" not in lab.log(node)
    until(lambda: _is_registered(lab, there))
    assert without_numbers(held(lab)) == tables
    until(lambda: _reaches(lab))


def _corpus(lab: Standing, attacker: Attacker) -> list[bytes]:
    """What nodes have sent, each kind of message once, and what only attackers send."""
    said: dict[str, bytes] = {}
    for node in ("ha1", "ha2", "mn", "cn"):
        for event in lab.show(node, "log"):
            if event["event"] == "mh:sent":
                said[event["message"]] = bytes.fromhex(event["frame"])
    assert len(said) > 5, said.keys()
    made_up = (
        attacker.update(AGENT1, HOME_ADDRESS, agents=(AGENT1, AGENT2), key=GUESSED),
        _alarm(lab, attacker, AGENT2, AGENT1),
        ipv6.encapsulate(udp(ATTACKER, HOME_ADDRESS, 40_000, bytes(8)), AGENT1, _where(lab)),
        build((layer(Ipv6(source=ATTACKER, destination=AGENT1)),)),
    )
    return [*said.values(), *made_up]


def _mutated(seed: int, corpus: list[bytes], address: bytes, count: int) -> Iterator[bytes]:
    """To this address, most of them; all fit the link."""
    random = Random(seed)
    for octets in mutations(seed, corpus, count):
        each = octets[:1500]
        if len(each) >= ipv6.HEADER and random.random() < 0.9:
            each = b"\x60" + each[1:4] + (len(each) - ipv6.HEADER).to_bytes(2) + each[6:24] + address + each[40:]
            found = ipv6.carried(each)
            is_mobility = found.protocol == RFC6275.protocol("mobility") and len(each) >= found.at + 8
            each = summed(each) if is_mobility and found.problem is None else each
        yield each


def _all_dropped(lab: Standing) -> int:
    return sum(sum(lab.show(node, "stats")["dropped"].values()) for node in ("ha1", "ha2", "mn", "cn"))


# --- after a restart ---


def test_a_binding_update_replayed_after_a_restart(lab: Standing, attacker: Attacker) -> None:
    """The agent has forgotten which timestamps it took: all from before it started are old. The mobile node isn't."""
    for _ in range(5):
        update = _fresh_update(lab)
        sent = time.monotonic()
        lab.lab.processes.end("ha1", 9)
        lab.lab.start("ha1")
        until(lambda: lab.answers("ha1"))
        until(lambda: _care_of_addresses(lab, "ha1") == {text(_where(lab))})
        with withstands(lab, "ha1", "refused", "id_mismatch"):
            attacker.sends(update)
        if time.monotonic() < sent + REPLAY_WITHIN_S:
            break
    else:
        raise AssertionError("the restart took too long each time: the timestamp's age alone would do")
    _move(lab, 1 if parse(care_of(3)) == _where(lab) else 3)
    until(lambda: _reaches(lab))
