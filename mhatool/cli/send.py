"""`mhatool send`: the packets of a capture, put on a wire again."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from mhatool.capture import Record
from mhatool.cli.common import INTERRUPTED, FileArgument, exclusive, fail, input_name, make_room, warn
from mhatool.cli.pacing import Pace, RealClock, paced, schedule
from mhatool.cli.reading import frames
from mhatool.cli.wire import SENDABLE, UnsendableError, Wire, mac_address


def send(
    file: FileArgument,
    interface: Annotated[
        str, typer.Option("--interface", "-i", metavar="IFACE", help="Where to send.", show_default=False)
    ],
    speed: Annotated[
        float | None, typer.Option(metavar="X", help="X times the capture's own pace (default: 1).")
    ] = None,
    pps: Annotated[float | None, typer.Option(metavar="N", help="N packets a second.")] = None,
    top_speed: Annotated[bool, typer.Option("--top-speed", help="As fast as the interface takes them.")] = False,
    to: Annotated[
        str | None, typer.Option(metavar="ADDRESS", help="Link-layer address that packets without one go to.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print when each would go out; send nothing.")] = False,
) -> None:
    """Put the packets of a capture on a wire, at the pace at which they were captured.

    Examples:
      mhatool send tour.pcap -i eth0 --speed 10
      mhatool craft bu --src 2001:db8::1 --dst 2001:db8::2 -w - | mhatool send - -i lo
      mhatool send tour.pcap -i eth0 --pps 100 --dry-run

    Ethernet frames go out as they are. Packets captured without a link layer (RAW, NULL) or with Linux's cooked one go
    to a loopback or TUN interface as they are, and to an Ethernet with --to; multicast ones need none.
    Sending needs root.
    """
    exclusive(speed=speed, pps=pps, top_speed=top_speed)
    for flag, value in (("--speed", speed), ("--pps", pps)):
        if value is not None and not 0 < value < float("inf"):
            fail(f"{flag} {value:g} is no pace", "give a number over 0")
    pace = Pace(None if pps or top_speed else speed or 1.0, pps)
    address = mac_address(to) if to else None
    if dry_run:
        _rehearse(_whole(file), pace)
        return
    with Wire(interface, address) as wire:
        _send(_whole(file), pace, wire)


def _whole(file: str) -> Iterator[Record]:
    """The frames that the capture didn't cut; the number of others is a warning."""
    cut = 0
    for _, record in frames([file], link_types=SENDABLE):
        if record.original_length > len(record.captured):
            cut += 1
        else:
            yield record
    if cut:
        warn(f"{input_name(file)}: {cut} packet{'s' if cut > 1 else ''} cut by the capture: not sent")


def _rehearse(records: Iterator[Record], pace: Pace) -> None:
    for due, record in schedule(records, pace):
        print(f"+{due:.6f} s  frame {record.frame}  {len(record.captured)} octets")


def _send(records: Iterator[Record], pace: Pace, wire: Wire) -> None:
    sent = octets = 0
    try:
        for record in paced(records, pace, RealClock()):
            try:
                octets += wire.send(record)
            except UnsendableError as error:
                fail(f"frame {record.frame}: {error.what} ({sent} sent before it)", error.remedy)
            sent += 1
    except KeyboardInterrupt:
        _report(sent, octets, wire.interface, "interrupted: ")
        raise typer.Exit(INTERRUPTED) from None
    _report(sent, octets, wire.interface)


def _report(sent: int, octets: int, interface: str, head: str = "") -> None:
    packets = f"{sent} packet{'' if sent == 1 else 's'}"
    make_room()
    print(f"mhatool: {head}{packets} sent on {interface}, {octets} octets", file=sys.stderr)
