"""What a timeline says of all that is around bindings, as JSON: discovery, prefixes, tunnels, errors, nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mhatool.observe import (
    AdvertisedAgent,
    Asked,
    DeliveryError,
    Discovery,
    Evidence,
    PrefixAdvertisement,
    PrefixExchange,
    Role,
    Tunnel,
)
from mhatool.timeline import values
from mhatool.timeline.model import Timeline


def surroundings(timeline: Timeline) -> dict[str, Any]:
    """The keys of the document."""
    return {
        "discoveries": [_discovery(found) for found in timeline.discoveries],
        "advertised_home_agents": [_agent(found) for found in timeline.advertised_agents],
        "prefix_exchanges": [_exchange(found) for found in timeline.prefix_exchanges],
        "tunnels": [_tunnel(found) for found in timeline.tunnels],
        "delivery_errors": [_error(found) for found in timeline.delivery_errors],
        "nodes": [_node(node, roles) for node, roles in timeline.nodes.items()],
    }


def _asked(asked: Asked) -> dict[str, Any]:
    return {"identifier": asked.identifier, **values.moment(asked.moment)}


def _discovery(found: Discovery) -> dict[str, Any]:
    return {
        "care_of_address": values.text(found.care_of_address),
        "asked_address": values.text(found.asked_address),
        "answered": bool(found.replies),
        "latency_s": values.seconds(found.latency_ns),
        "requests": [_asked(asked) for asked in found.asked],
        "replies": [
            {
                "identifier": reply.identifier,
                "source": values.text(reply.source),
                "home_agents": [values.text(agent) for agent in reply.home_agents],
                "truncated": reply.truncated,
                **values.moment(reply.moment),
            }
            for reply in found.replies
        ],
    }


def _agent(found: AdvertisedAgent) -> dict[str, Any]:
    return {
        "address": values.text(found.address),
        "link_local_address": values.text(found.link_local_address),
        "preference": found.preference,
        "lifetime_s": found.lifetime_s,
        "truncated": found.truncated,
        "first": values.moment(found.first),
        "last": values.time(found.last_ns),
        "ceased": values.time(found.ceased_ns),
    }


def _exchange(found: PrefixExchange) -> dict[str, Any]:
    return {
        "home_address": values.text(found.home_address),
        "home_agent": values.text(found.home_agent),
        "solicited": found.is_solicited,
        "answered": bool(found.advertisements),
        "solicitations": [_asked(asked) for asked in found.asked],
        "advertisements": [_advertisement(advertisement) for advertisement in found.advertisements],
    }


def _advertisement(found: PrefixAdvertisement) -> dict[str, Any]:
    return {
        "identifier": found.identifier,
        "flags": list(found.flags),
        "prefixes": [
            {
                "prefix": values.text(prefix.prefix),
                "prefix_length": prefix.prefix_length,
                "flags": list(prefix.flags),
                "valid_lifetime_s": prefix.valid_lifetime_s,
                "preferred_lifetime_s": prefix.preferred_lifetime_s,
            }
            for prefix in found.prefixes
        ],
        "truncated": found.truncated,
        **values.moment(found.moment),
    }


def _tunnel(found: Tunnel) -> dict[str, Any]:
    return {
        "entry": values.text(found.entry),
        "exit": values.text(found.exit),
        "direction": str(found.direction),
        "home_address": values.text(found.home_address),
        "home_agent": values.text(found.home_agent),
        "care_of_address": values.text(found.care_of_address),
        "first": values.moment(found.first),
        "last": values.time(found.last_ns),
        "packets": found.packets,
        "octets": found.octets,
    }


def _error(found: DeliveryError) -> dict[str, Any]:
    return {
        "reporter": values.text(found.reporter),
        "sender": values.text(found.sender),
        "destination": values.text(found.destination),
        "icmp_type": found.icmp_type,
        "code": found.code,
        "quoted": found.quoted,
        "first": values.moment(found.first),
        "last": values.time(found.last_ns),
        "count": found.count,
    }


def _node(node: bytes, roles: Mapping[Role, Evidence]) -> dict[str, Any]:
    return {
        "address": values.text(node),
        "roles": [
            {"role": str(role), "message": evidence.message, **values.moment(evidence.moment)}
            for role, evidence in roles.items()
        ],
    }
