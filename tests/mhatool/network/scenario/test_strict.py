"""What no network can do with is refused before it begins: with the key, and what may be given instead."""

import pytest

from mhatool.network.scenario import ScenarioError, load
from mhatool.network.scenario.builtin import built_in_path
from mhatool.network.scenario.load import parse

AGENT = "nodes.ha1.home_agent"
MN, HA, RIPNG = "nodes.mn.mobile_node", "nodes.ha1.home_agent.advertising", "nodes.ar1.router.ripng"
REFUSED = [
    (f"{MN}.interface=eth9", f"{MN}.interface", "no interface 'eth9'; it has eth0"),
    (f"{HA}.interface=hom", f"{HA}.interface", "no interface 'hom'; it has home, core"),
    (f'{RIPNG}.interfaces=["cor"]', f"{RIPNG}.interfaces[0]", "no interface 'cor'"),
    ("nodes.ar1.router.advertising.0.interface=x", "nodes.ar1.router.advertising[0].interface", "no interface 'x'"),
    (f"{HA}.prefixes.0.prefix_length=129", f"{HA}.prefixes[0].prefix_length", "129: 0 to 128 is possible"),
    ("start=1969-01-01T00:00:00Z", "start", "from 1970 to 2262"),
    ("start=2300-01-01T00:00:00Z", "start", "from 1970 to 2262"),
    ("constants.max_update_rate=0", "constants.max_update_rate", "0: 0.001 to"),
    ("constants.max_home_binding_lifetime_s=3", "constants.max_home_binding_lifetime_s", "3: 4 to"),
    ("constants.max_rr_binding_lifetime_s=0", "constants.max_rr_binding_lifetime_s", "0: 4 to"),
    ("constants.initial_binding_ack_timeout_s=0", "constants.initial_binding_ack_timeout_s", "0: 0.001 to"),
    ("constants.duplicate_address_detection_transmits=-1", "constants.duplicate_address", "-1: 0 to 100"),
    (f"{HA}.router_lifetime_s=70000", f"{HA}.router_lifetime_s", "70000: 0 to 65535"),
    (f"{HA}.home_agent.preference=70000", f"{HA}.home_agent.preference", "70000: 0 to 65535"),
    (f"{HA}.home_agent.preference=-5", f"{HA}.home_agent.preference", "-5: 0 to 65535"),
    (f"{HA}.home_agent.lifetime_s=99999", f"{HA}.home_agent.lifetime_s", "99999: 1 to 65535"),
    (f"{HA}.prefixes.0.valid_lifetime_s=4294967296", f"{HA}.prefixes[0].valid_lifetime_s", "0 to 4.29497e+09"),
    (f'{MN}.home_address="::"', f"{MN}.home_address", "a home address is a unicast address"),
    (f'{MN}.home_address="ff02::1"', f"{MN}.home_address", "a home address is a unicast address"),
    ('nodes.mn.interfaces.eth0.link_address="ff:ff:ff:ff:ff:ff"', "eth0.link_address", "no address of one interface"),
    (f'{MN}.first_sequence_numbers=[["2001:db8:2::1", 70000]]', "first_sequence_numbers", "70000: a sequence number"),
    (f'{AGENT}.permitted=["2001:db8:2"]', f"{AGENT}.permitted", "give an address"),
    (f'{AGENT}.permitted=["ff02::1"]', f"{AGENT}.permitted", "a home address is a unicast address"),
    (f'{AGENT}.prohibited=["020000000001"]', f"{AGENT}.prohibited", "a home address is a unicast address"),
    (f"{AGENT}.update_rate=-1", f"{AGENT}.update_rate", "-1: 0 to"),
    (f"{AGENT}.discovery_rate=-1", f"{AGENT}.discovery_rate", "-1: 0 to"),
    (f"{AGENT}.most_bindings_of_one=0", f"{AGENT}.most_bindings_of_one", "0: 1 to"),
    (f"{AGENT}.restart_counter=-1", f"{AGENT}.restart_counter", "-1: 0 to 4.29497e+09"),
    (f"{AGENT}.restart_counter=4294967296", f"{AGENT}.restart_counter", "0 to 4.29497e+09"),
    ("nodes.cn1.correspondent.most_bindings=-5", "nodes.cn1.correspondent.most_bindings", "-5: 0 to"),
    ('nodes.cn1.correspondent.node_key=""', "nodes.cn1.correspondent.node_key", "20 octets are needed"),
    ('nodes.cn1.correspondent.node_key="00"', "nodes.cn1.correspondent.node_key", "20 octets are needed"),
    ('nodes.cn1.correspondent.node_key="2001:db8::1"', "nodes.cn1.correspondent.node_key", "20 octets are needed"),
    ('nodes.cn1.correspondent.addresses=["2001:db8:c::b"]', "correspondent.addresses[0]", "no address of cn1's"),
    ("profile=kame2003", "nodes.ha1.home_agent", "can't send Heartbeats, which have a Restart Counter: give constants"),
    ('moves=[{node="mn", at=1, links=["home", "foreign1"], every_s=1e-9}]', "moves[0].every_s", "1e-09: 0.001 to"),
    ("moves.0.at=-3", "moves[0].at", "-3 s after the start isn't within the run"),
    ("moves.0.at=1e9", "moves[0].at", "isn't within the run"),
    ("expectations.0.at=2025-01-01T00:00:00Z", "expectations[0].at", "isn't within the run"),
    (f"{HA}.min_interval_s=-1", f"{HA}.min_interval_s", "-1: 0.001 to"),
    (f"{HA}.min_interval_s=9", f"{HA}.min_interval_s", "9: that is more than max_interval_s"),
    ("nodes.ar1.router.advertising.0.min_interval_s=9", "router.advertising[0].min_interval_s", "is more than max"),
    (f"{MN}.movement_detection_s=-1", f"{MN}.movement_detection_s", "-1: 0 to"),
    (f"{MN}.give_up_s=-1", f"{MN}.give_up_s", "-1: 0 to"),
    (f"{RIPNG}.networks.0.metric=99", f"{RIPNG}.networks[0].metric", "99: 1 to 15"),
    ("links.nowhere.loss=1", "links.nowhere", "there is no 'nowhere'; there are home, foreign1"),
    ("nodes.nobody.copies=1", "nodes.nobody", "there is no 'nobody'"),
    (
        'nodes.ha2.interfaces.home.addresses=["2001:db8:2::1/64"]',
        "nodes.ha2.interfaces.home.addresses[0]",
        "2001:db8:2::1 is at nodes.ha1.interfaces.home.addresses[0] already",
    ),
    (
        'nodes.ha2.home_agent.advertising.prefixes.0.router_address="2001:db8:2::1"',
        "nodes.ha2.home_agent.advertising.prefixes[0].router_address",
        "2001:db8:2::1 is at nodes.ha1.interfaces.home.addresses[0] already",
    ),
    (
        'nodes.ha2.interfaces.home.link_address="02:00:00:00:02:01"',
        "nodes.ha2.interfaces.home.link_address",
        "is at nodes.ha1.interfaces.home.link_address already",
    ),
    ('flows.0.source="2001:db8:c::b"', "flows[0].source", "this is no address of cn1's"),
    ('flows.0.destination="2001:db8:c::b"', "flows[0].destination", "this is no address of mn's"),
    ("flows.0.sender=x", "flows[0].sender", "there is no 'x'; there are ha1, ha2"),
    ("flows.0.receiver=cn1", "flows[0].receiver", "cn1 is the sender: give another"),
    ("flows.1.name=cn1-mn", "flows[1].name", "'cn1-mn' is flows[0] already: give another"),
    ("flows.0.stop=5", "flows[0].stop", "5 s after the start isn't behind its start, 5 s"),
    ("flows.0.start=-1", "flows[0].start", "-1 s after the start isn't within the run"),
    ('nodes.cn1.interfaces.eth0.addresses=["ff02::5/64"]', "addresses[0]", "ff02::5/64: an interface has unicast"),
    ('nodes.cn1.interfaces.eth0.addresses=["::/64"]', "addresses[0]", "::/64: an interface has unicast"),
    ('nodes.cn1.interfaces.eth0.addresses=["::1/64"]', "addresses[0]", "::1/64: an interface has unicast"),
    ("duration_s=1e-12", "duration_s", "it has to take some time"),
    ('moves=[{node="mn", at=1, every_s=5}]', "moves[0].every_s", "5: that is for links in turn, and there are none"),
    ('moves=[{node="mn", at=1, links=[], every_s=5}]', "moves[0].links", "[]: give one at least, or link"),
    ('moves=[{node="mn", at=1, links=["foreign1"], link="", every_s=5}]', "moves[0]", "give either link or links"),
    ('moves=[{node="mn", at=1, links=["foreign"], every_s=5}]', "moves[0].links[0]", "there is no 'foreign'; did you"),
    ('expectations=[{at=1, node="mn"}]', "expectations[0]", "it expects nothing: give cache, updates"),
    ('expectations=[{at=1, node="mn", updates=0, since=2}]', "expectations[0].since", "2 s after the start is behind"),
    ('expectations=[{at=1, node="mn", cache=0}]', "expectations[0].cache", "mn has no binding cache"),
    ('expectations=[{at=1, node="ha1", updates=0}]', "expectations[0].updates", "ha1 has no Binding Update List"),
    ('expectations=[{at=1, node="cn1", home_agents=[]}]', "expectations[0].home_agents", "no Binding Update List"),
    (
        'expectations=[{at=1, node="ar1", care_of_address="::1"}]',
        "expectations[0].care_of_address",
        "ar1 has no bindings in any role",
    ),
    (
        'failures=[{at=1, link="home", how="partition", groups=[["ha1"], ["cn1"]]}]',
        "failures[0].groups[1][0]",
        "'cn1' is never on home",
    ),
    ('failures=[{at=1, node="ha1", how="resume"}]', "failures[0].how", "ha1 doesn't hang then"),
    (
        'failures=[{at=1, node="ha1", how="hang"}, {at=2, node="ha1", how="crash"}, {at=3, node="ha1", how="resume"}]',
        "failures[2].how",
        "ha1 doesn't hang then: there is no how = 'hang' before",
    ),
    (
        'failures=[{at=3, node="ha1", how="hang"}, {at=2, node="ha1", how="resume"}]',
        "failures[1].how",
        "ha1 doesn't hang then",
    ),
    (
        'failures=[{at=1, link="home", how="down"}, {at=2, link="home", how="heal"}]',
        "failures[1].how",
        "home is whole then: there is no how = 'partition' before",
    ),
    ('failures=[{at=1, link="home", how="up"}]', "failures[0].how", "home isn't down then"),
    ('failures=[{at=1, node="ha1", interface="core", how="up"}]', "failures[0].how", "core isn't down then"),
    ("nodes.mn.copies=1000000", "nodes.mn.copies", "1e+06: 1 to 100000"),
    ("nodes.mn.copies=0", "nodes.mn.copies", "0: 1 to 100000"),
    ("nodes.ha1.copies=2", "nodes.ha1.copies", "2: only of a mobile node"),
    ("links.home.delay_ms=1e30", "links.home.delay_ms", "a number between -1e+12 and 1e+12 is needed"),
    ("links.home.delay_ms=nan", "links.home.delay_ms", "a number between"),
]


@pytest.mark.parametrize(("change", "place", "words"), REFUSED, ids=[case[0][-48:] for case in REFUSED])
def test_it_is_refused_with_its_key(change: str, place: str, words: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        load("tour", [change])
    text = str(caught.value)
    assert text.startswith("--set: ")
    assert place in text
    assert words in text


def test_the_change_is_blamed_where_the_file_is_sound_and_else_the_file() -> None:
    path = built_in_path("tour")
    assert path is not None
    text = path.read_text("utf-8")
    with pytest.raises(ScenarioError, match=r"^--set: links\.home\.loss: 3\.0: a share"):
        parse(text, "tour.toml", ["links.home.loss=3"])
    line = text.splitlines().index("delay_ms = 5") + 1
    with pytest.raises(ScenarioError, match=rf"^tour\.toml:{line}: links\.core\.delay_ms: -1"):
        parse(text.replace("delay_ms = 5", "delay_ms = -1e13"), "tour.toml", ["seed=3"])


def test_a_shorter_run_leaves_out_what_comes_later() -> None:
    """The tour's second move is at 60 s."""
    assert load("tour", ["duration_s=30"]).duration_s == 30
