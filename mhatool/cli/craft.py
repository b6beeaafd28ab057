"""`mhatool craft`: packets from words, or from records."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer
from mhatool.cli.common import fail

from dissectors.build import build
from dissectors.errors import EncodeError
from dissectors.profile import Profile
from dissectors.profile import load as load_profile
from mhatool.capture import PcapngWriter, linktype, open_output
from mhatool.craft import Recipe
from mhatool.craft import layers as layers_of
from mhatool.craft.frames import Frame, frame_of, read_records
from mhatool.protocol import instant

Text = str | None

EPILOG = "Messages: bu ba brr be hoti coti hot cot ha-switch heartbeat experimental dhaad-request dhaad-reply mps mpa \
ha-unreachable fmipv6 ra rs na ns redirect echo icmpv6-error ripng."


def craft(  # noqa: PLR0913, PLR0917  (one parameter a flag of the contract)
    message: Annotated[str, typer.Argument(help="Which message; see below.", show_default=False)] = "",
    src: Annotated[str, typer.Option(help="Source address.")] = "",
    dst: Annotated[str, typer.Option(help="Destination address.")] = "",
    hoa: Annotated[
        str,
        typer.Option(help="Home address: its option on what the mobile node sends, routing header on what it gets."),
    ] = "",
    coa: Annotated[str, typer.Option(help="Care-of address: the source where --src is absent.")] = "",
    alt_coa: Annotated[str, typer.Option(help="Adds the Alternate Care-of Address option.")] = "",
    seq: Annotated[Text, typer.Option(help="Sequence number.")] = None,
    lifetime: Annotated[Text, typer.Option(help="Lifetime, in seconds.")] = None,
    flags: Annotated[Text, typer.Option(help="Flag letters, as AHLK; others as 0x bits.")] = None,
    home_agent: Annotated[list[str] | None, typer.Option(help="A home agent of the list (again for each).")] = None,
    status: Annotated[Text, typer.Option(help="Status code.")] = None,
    refresh: Annotated[str, typer.Option(help="Adds the Binding Refresh Advice option, in seconds.")] = "",
    unreachable: Annotated[list[str] | None, typer.Option(help="An unreachable home agent (again for each).")] = None,
    identifier: Annotated[Text, typer.Option(help="Identifier.")] = None,
    agent: Annotated[list[str] | None, typer.Option(help="A home agent of a dhaad-reply (again for each).")] = None,
    address: Annotated[list[str] | None, typer.Option(help="An address of a ha-switch (again for each).")] = None,
    target: Annotated[Text, typer.Option(help="Target address of ns, na and redirect.")] = None,
    cookie: Annotated[Text, typer.Option(help="Cookie, 8 octets in hexadecimal.")] = None,
    token: Annotated[Text, typer.Option(help="Keygen token, 8 octets in hexadecimal.")] = None,
    nonce: Annotated[Text, typer.Option(help="Nonce index.")] = None,
    rte: Annotated[list[str] | None, typer.Option(help="A ripng route: PREFIX/LENGTH,METRIC[,TAG].")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="TYPE:HEX, or NAME:field=value,... (again for each).")
    ] = None,
    header: Annotated[
        list[str] | None, typer.Option(help="An extension header NAME:field=value,... before it.")
    ] = None,
    tunnel: Annotated[list[str] | None, typer.Option(help="SRC,DST of an outer header; the outermost first.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="FIELD=VALUE, or LAYER.FIELD=VALUE; any field.")
    ] = None,
    hop_limit: Annotated[int | None, typer.Option(help="Hop limit: 64, and 255 in neighbour discovery.")] = None,
    no_checksum: Annotated[bool, typer.Option("--no-checksum", help="Leave checksums as they are: zero.")] = False,
    no_pad: Annotated[bool, typer.Option("--no-pad", help="Don't pad options.")] = False,
    raw: Annotated[Text, typer.Option(help="The message's octets, in hexadecimal, as they are.")] = None,
    time: Annotated[str, typer.Option(help="Time of the packet in a capture: RFC 3339, or seconds since 1970.")] = "0",
    from_json: Annotated[
        Text, typer.Option(help="Craft from records (dissect --jsonl or --json): a file, or -.")
    ] = None,
    write: Annotated[Text, typer.Option("--write", "-w", help="Write pcapng: a file, or - for a pipe.")] = None,
    hex_: Annotated[bool, typer.Option("--hex", help="Print the hexadecimal octets alone.")] = False,
    profile: Annotated[str, typer.Option(help="Code points: rfc6275, kame2003 or a TOML file.")] = "rfc6275",
) -> None:
    """Craft a packet from words, or packets from records.

    Examples:

      mhatool craft bu --src 2001:db8:f1::99 --dst 2001:db8::1 --hoa 2001:db8::99 --seq 1 --lifetime 420

      mhatool craft bu ... --home-agent 2001:db8::1 --home-agent 2001:db8::2 -w bu.pcapng

      mhatool dissect FILE --jsonl | mhatool craft --from-json - -w again.pcapng

    What isn't given is zero; checksums, lengths and padding are worked out.
    """
    chosen = load_profile(profile)
    if bool(message) == (from_json is not None):
        fail("give either MESSAGE or --from-json", f"mhatool craft --help lists the messages; {EPILOG}")
    if write is not None and hex_:
        fail("--hex and --write contradict each other", "give one of them")
    if from_json is not None:
        _emit(_from_records(from_json, chosen, not no_checksum), write, hex_, chosen)
        return
    lists = {"agent": agent, "address": address, "unreachable": unreachable}
    single = {
        "seq": seq, "lifetime": lifetime, "flags": flags, "status": status, "identifier": identifier, "target": target,
        "cookie": cookie, "token": token, "nonce": nonce,
    }  # fmt: skip
    fields = {name: text for name, text in single.items() if text is not None}
    fields |= {name: ",".join(items) for name, items in lists.items() if items}
    recipe = Recipe(
        message=message,
        profile=chosen,
        source=src,
        destination=dst,
        home_address=hoa,
        care_of_address=coa,
        alternate_care_of_address=alt_coa,
        home_agents=home_agent or [],
        refresh=refresh,
        fields=fields,
        options=option or [],
        headers=header or [],
        entries=rte or [],
        tunnels=tunnel or [],
        assignments=set_ or [],
        hop_limit=hop_limit,
        raw=raw,
        pad=not no_pad,
    )
    octets = build(layers_of(recipe), chosen, fix_checksum=not no_checksum)
    _emit(iter([Frame(_time(time), linktype.RAW, octets)]), write, hex_, chosen)


def _time(text: str) -> int:
    try:
        return instant.parse(text)
    except ValueError as error:
        fail(f"--time: {error}", "")


def _from_records(path: str, profile: Profile, fix_checksum: bool) -> Iterator[Frame]:
    """The frame of each record; an error says which record and what."""
    for number, record in read_records(path):
        try:
            yield frame_of(record, profile, fix_checksum=fix_checksum)
        except EncodeError as error:
            fail(f"{path}: record {number}: {error}", "give what `mhatool dissect --jsonl` prints")


def _emit(frames: Iterator[Frame], write: str | None, hex_: bool, profile: Profile) -> None:
    """Write a capture, or print a line or two a packet."""
    if write is not None:
        with open_output(write) as stream:
            writer = PcapngWriter(stream, application="mhatool", flush_each=write == "-")
            for frame in frames:
                writer.write(frame.time_ns, frame.link_type, frame.octets, frame.original_length)
        return
    for frame in frames:
        if not hex_:
            from mhatool.display import summary_of  # only here is the packet read back

            print(summary_of(frame.octets, frame.link_type, profile))
        print(frame.octets.hex(), flush=True)
