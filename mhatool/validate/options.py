"""Rules for mobility options (RFC 6275, 6.2)."""

from __future__ import annotations

from collections.abc import Iterator

from mhatool.validate.rule import EVERY_MOBILITY_MESSAGE, Breach, Case, rule


@rule(
    "MIP6-OPT-002",
    "Mobility options are aligned",
    reference="RFC 6275, 6.2.1",
    role="sender",
    scope="packet",
    needs="The Mobility Header as far as its options",
    on=(EVERY_MOBILITY_MESSAGE,),
)
def aligned(case: Case) -> Iterator[Breach]:
    """Each option begins where its own definition wants it, counted from the start of the Mobility Header.

    Binding Refresh Advice and Nonce Indices at 2n, Alternate Care-of Address at 8n+6, Authorization Data at 8n+2, and
    so on; Pad1 and PadN fill the room before. The point is that addresses lie on multiples of eight octets.
    """
    message = case.seen.message
    for option in message.options:
        alignment = option.declaration.alignment(option.end - option.start)
        offset = option.start - message.start
        if alignment is not None and offset % alignment[0] != alignment[1]:
            multiple, remainder = alignment
            place = f"{multiple}n+{remainder}" if remainder else f"{multiple}n"
            yield Breach(f"{option.declaration.title} at an offset of {place}", f"offset {offset}", option.start)


@rule(
    "MIP6-OPT-005",
    "The refresh advice is shorter than the lifetime",
    reference="RFC 6275, 6.2.4",
    role="HA",
    scope="packet",
    needs="The whole Binding Acknowledgement",
    on=("binding_acknowledgement",),
)
def advice_within_lifetime(case: Case) -> Iterator[Breach]:
    """A Binding Refresh Advice asks for a refresh while the binding still lives: more than 0, less than its lifetime.

    Both are counted in units of four seconds on the wire. In a refusal there is no lifetime, so only 0 is wrong there.
    """
    acknowledgement = case.acknowledgement
    if acknowledgement is None or acknowledgement.refresh_interval_s is None:
        return
    interval, lifetime = acknowledgement.refresh_interval_s, acknowledgement.lifetime_s
    message = case.seen.message
    at = next(option.start for option in message.options if option.type == "binding_refresh_advice")
    if interval == 0:
        yield Breach("a refresh interval over 0 s", "0 s", at)
    elif acknowledgement.accepts and interval >= lifetime:
        yield Breach(f"a refresh interval under the lifetime, {lifetime} s", f"{interval} s", at)
