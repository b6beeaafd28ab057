"""A drawn network as the tables of a scenario file."""

from __future__ import annotations

from typing import Any

from mhatool.search.shape import (
    CORE,
    HOME,
    PEERS,
    ROUTERS,
    STRANGER,
    Shape,
    agent_address,
    correspondent_address,
    foreign_prefix,
    home_address,
)
from mhatool.search.times import (
    BINDING_S,
    GARBAGE_S,
    GIVE_UP_S,
    MOST_BETWEEN_ADVERTISEMENTS_S,
    ROUTE_S,
    ROUTE_TIMEOUT_S,
    SEARCH_AGAIN_S,
)

Table = dict[str, Any]
_HOME_PREFIX, _PEERS_PREFIX = "2001:db8:2::", "2001:db8:c::"
_SPI = 1000
_DELAYS_MS = {HOME: 1, CORE: 5, PEERS: 1}


def links(shape: Shape) -> Table:
    """The links, all of them in order."""
    return {name: {"delay_ms": _DELAYS_MS.get(name, 2)} for name in shape.links}


def nodes(shape: Shape) -> Table:
    """The machines, in the order in which they start."""
    made = {name: _agent(shape, number) for number, name in enumerate(shape.agent_names, 1)}
    if shape.topology != ROUTERS:
        made["hr"] = _router(
            {HOME: (0x02, 0x0F, "2001:db8:2::f"), CORE: (0x0F, 0x2F, "2001:db8:f::2f")}, _to("hr", shape)
        )
    for number, _ in enumerate(shape.foreign_links, 1):
        made[f"ar{number}"] = _access_router(shape, number)
    core = {CORE: (0x0F, 0x01, "2001:db8:f::1"), PEERS: (0x0C, 0x01, "2001:db8:c::1")}
    made["core"] = _router(core, _to("core", shape), _ripng(shape, _PEERS_PREFIX))
    for number, name in enumerate(shape.correspondent_names, 1):
        made[name] = _correspondent(shape, number)
    for number, name in enumerate(shape.mobile_names, 1):
        made[name] = _mobile_node(shape, number)
    if shape.squats:
        made["squatter"] = _host(HOME, "02:00:00:00:02:5a", f"{home_address(1)}/64")
    made["mallory"] = {**_host(PEERS, "02:00:00:00:0c:66", f"{STRANGER}/64"), "routes": [_default("2001:db8:c::1")]}
    made["eve"] = {**_host("foreign1", "02:00:00:00:01:0e", "2001:db8:1::e/64"), "routes": [_default("2001:db8:1::1")]}
    return made


def key(mobile_node: int, agent: int) -> str:
    """What the two share: no other pair has it."""
    return f"{mobile_node:02x}{agent:02x}" * 8


def _host(link: str, link_address: str, address: str | None = None) -> Table:
    interface: Table = {"link": link, "link_address": link_address}
    if address is not None:
        interface["addresses"] = [address]
    return {"interfaces": {"eth0": interface}}


def _default(via: str, interface: str = "eth0") -> Table:
    return {"prefix": "::/0", "interface": interface, "via": via}


# --- home agents ---


def _agent(shape: Shape, number: int) -> Table:
    address = agent_address(number)
    interfaces = {HOME: _interface(HOME, 0x02, number, address)}
    made: Table = {"interfaces": interfaces}
    if shape.topology == ROUTERS:
        interfaces[CORE] = _interface(CORE, 0x0F, 0x20 + number, f"2001:db8:f::2{number}")
        made["router"] = {"ripng": _ripng(shape, _HOME_PREFIX, number)}
    else:
        made["routes"] = [_default("2001:db8:2::f", HOME)]
    made["home_agent"] = {
        "advertising": {
            "interface": HOME,
            "prefixes": [{"prefix": _HOME_PREFIX, "router_address": address}],
            **_advertising(),
            "home_agent": {"preference": 10 * (shape.agents - number), "lifetime_s": shape.agent_lifetime_s},
        }
    }
    if shape.protected:
        made["home_agent"]["associations"] = [
            {"home_address": home_address(node), "home_agent": address, "spi": _SPI, "key": key(node, number)}
            for node in range(1, shape.mobile_nodes + 1)
        ]
        made["home_agent"]["requires_authentication"] = True
    return made


def _interface(link: str, segment: int, number: int, address: str) -> Table:
    return {
        "link": link,
        "link_address": f"02:00:00:00:{segment:02x}:{number:02x}",
        "addresses": [f"{address}/64"],
    }


def _advertising() -> Table:
    return {"min_interval_s": 1, "max_interval_s": MOST_BETWEEN_ADVERTISEMENTS_S, "min_delay_s": 0.03}


# --- routers ---


def _router(interfaces: dict[str, tuple[int, int, str]], routes: list[Table], ripng: Table | None = None) -> Table:
    made: Table = {
        "interfaces": {name: _interface(name, *where) for name, where in interfaces.items()},
        "routes": routes,
        "forwards": True,
    }
    if ripng is not None:
        made["router"] = {"ripng": ripng}
    return made


def _access_router(shape: Shape, number: int) -> Table:
    prefix = foreign_prefix(number)
    link = shape.foreign_links[number - 1]
    where = {link: (0x10 + number, 0x01, f"{prefix}1"), CORE: (0x0F, 0x10 + number, f"2001:db8:f::1{number}")}
    made = _router(where, _to(f"ar{number}", shape))
    made["router"] = {"advertising": [{"interface": link, "prefixes": [{"prefix": prefix}], **_advertising()}]}
    ripng = _ripng(shape, prefix)
    if ripng is not None:
        made["router"]["ripng"] = ripng
    return made


def _ripng(shape: Shape, prefix: str, metric: int = 1) -> Table | None:
    """Where home agents are routers it has to be found out which of them lives; else routes are static."""
    if shape.topology != ROUTERS:
        return None
    return {
        "interfaces": [CORE],
        "networks": [{"prefix": prefix, "metric": metric}],
        "update_s": ROUTE_S,
        "update_jitter_s": 0.2,
        "timeout_s": ROUTE_TIMEOUT_S,
        "garbage_s": GARBAGE_S,
    }


def _to(router: str, shape: Shape) -> list[Table]:
    """A router's static routes to the others' links."""
    if shape.topology == ROUTERS:
        return []
    reached = {"hr": (_HOME_PREFIX, "2001:db8:f::2f"), "core": (_PEERS_PREFIX, "2001:db8:f::1")}
    for number in range(1, shape.foreign + 1):
        reached[f"ar{number}"] = foreign_prefix(number), f"2001:db8:f::1{number}"
    return [
        {"prefix": f"{prefix}/64", "interface": CORE, "via": via}
        for name, (prefix, via) in reached.items()
        if name != router
    ]


# --- those who talk ---


def _correspondent(shape: Shape, number: int) -> Table:
    address = correspondent_address(number)
    return {
        **_host(PEERS, f"02:00:00:00:0c:{0xA - 1 + number:02x}", f"{address}/64"),
        "routes": [_default("2001:db8:c::1")],
        "correspondent": {"addresses": [address], "route_optimisation": shape.optimises[number - 1]},
    }


def _mobile_node(shape: Shape, number: int) -> Table:
    made = _host(HOME, f"02:00:5e:10:00:{number:02x}")
    made["mobile_node"] = configuration = {
        "interface": "eth0",
        "home_address": home_address(number),
        "home_agents": shape.wants[number - 1],
        "lifetime_s": BINDING_S,
        "search_again_s": SEARCH_AGAIN_S,
        "give_up_s": GIVE_UP_S,
    }
    if shape.protected:
        configuration["security_associations"] = [
            {"home_agent": agent_address(agent), "spi": _SPI, "key": key(number, agent)}
            for agent in range(1, shape.agents + 1)
        ]
    return made


__all__ = ["Table", "key", "links", "nodes"]
