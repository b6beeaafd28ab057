"""`mhatool craft`: packets from words, or from records."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Annotated, Any, NamedTuple

import typer

from dissectors.build import build
from dissectors.errors import EncodeError
from dissectors.profile import Profile
from mhatool.capture import PcapngWriter, linktype, open_at_end
from mhatool.capture.errors import STANDARD_INPUT
from mhatool.cli import completing
from mhatool.cli.common import ProfileOption, chosen_profile, exclusive, fail, warn
from mhatool.craft import Recipe
from mhatool.craft import layers as layers_of
from mhatool.craft.frames import Frame, frame_of, read_records
from mhatool.protocol import instant

EPILOG = (
    "Messages: bu ba brr be hoti coti hot cot ha-switch heartbeat experimental dhaad-request dhaad-reply mps mpa "
    "ha-unreachable fmipv6 ra rs na ns redirect echo icmpv6-error ripng."
)


FromJson = Annotated[
    str | None,
    typer.Option(
        help="Craft from records (dissect --jsonl or --json): a file, or -. What follows from the rest (type numbers, "
        "next headers, lengths, counts, good checksums) is worked out again."
    ),
]


class Word(NamedTuple):
    """A flag that says something about the packet: its help, whether it may stand again, the recipe's name for it.

    Without a name of the recipe it is a field of the message (`Recipe.fields`).
    """

    help: str
    again: bool = False
    recipe: str = ""


WORDS: Mapping[str, Word] = {
    "src": Word("Source address.", recipe="source"),
    "dst": Word("Destination address.", recipe="destination"),
    "hoa": Word(
        "Home address: its option on what the mobile node sends, a type 2 routing header on what it gets; brr, hoti, "
        "coti, hot and cot have neither.",
        recipe="home_address",
    ),
    "coa": Word("Care-of address: the source where --src is absent.", recipe="care_of_address"),
    "alt_coa": Word("Adds the Alternate Care-of Address option.", recipe="alternate_care_of_address"),
    "seq": Word("Sequence number."),
    "lifetime": Word("Lifetime, in seconds."),
    "flags": Word("Flag letters, as AHLK; bits without a letter as 0x0001, with commas between."),
    "home_agent": Word(
        "A home agent of the list, again for each: gives the Multiple Home Agents option, and the flags AHM.",
        again=True,
        recipe="home_agents",
    ),
    "status": Word("Status code."),
    "refresh": Word("Adds the Binding Refresh Advice option, in seconds.", recipe="refresh"),
    "unreachable": Word("An unreachable home agent, again for each.", again=True),
    "identifier": Word("Identifier."),
    "agent": Word("A home agent of a dhaad-reply, again for each.", again=True),
    "address": Word("An address of a ha-switch, again for each.", again=True),
    "target": Word("Target address of ns, na and redirect."),
    "cookie": Word("Cookie: 8 octets in hexadecimal."),
    "token": Word("Keygen token: 8 octets in hexadecimal."),
    "nonce": Word("Nonce index."),
    "rte": Word("A ripng route: PREFIX/LENGTH,METRIC[,TAG], again for each.", again=True, recipe="entries"),
    "option": Word("TYPE:HEX, or NAME:field=value,..., again for each.", again=True, recipe="options"),
    "header": Word("An extension header NAME:field=value,... before the message.", again=True, recipe="headers"),
    "tunnel": Word("SRC,DST of an outer IPv6 header, the outermost first.", again=True, recipe="tunnels"),
    "set": Word(
        "FIELD=VALUE or LAYER.FIELD=VALUE: any field, again for each; of tunnels the outermost's.",
        again=True,
        recipe="assignments",
    ),
    "raw": Word("The message's octets in hexadecimal, as they are.", recipe="raw"),
}


def _parameters() -> list[inspect.Parameter]:
    """What typer shows and reads for the words."""
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                (list[str] if word.again else str) | None,
                typer.Option(f"--{name.replace('_', '-')}", help=word.help, metavar="TEXT"),
            ],
        )
        for name, word in WORDS.items()
    ]


def craft(
    message: Annotated[
        str | None,
        typer.Argument(help="Which message: see below.", show_default=False, autocompletion=completing.messages),
    ] = None,
    *,
    hop_limit: Annotated[
        int | None, typer.Option(help="Hop limit: 64, and 255 in what stays on its link; not the tunnels'.")
    ] = None,
    no_checksum: Annotated[bool, typer.Option("--no-checksum", help="Leave checksums as they are: zero.")] = False,
    no_pad: Annotated[bool, typer.Option("--no-pad", help="Don't pad options.")] = False,
    time: Annotated[
        str | None, typer.Option(help="Time in a capture: RFC 3339, or seconds since 1970 (default: 0).")
    ] = None,
    from_json: FromJson = None,
    write: Annotated[str | None, typer.Option("--write", "-w", help="Write pcapng: a file, or - for a pipe.")] = None,
    hex_: Annotated[bool, typer.Option("--hex", help="Print the hexadecimal octets alone, also with -w FILE.")] = False,
    profile: ProfileOption = None,
    **words: Any,
) -> None:
    """Craft a packet from words, or packets from records.

    What isn't given is zero, but for hop limits: 64 (255 in neighbour discovery, fmipv6 and ripng), and so is the Cur
    Hop Limit of ra. Checksums, lengths and padding are worked out.

    Examples:
      mhatool craft bu --src 2001:db8:f1::99 --dst 2001:db8::1 --hoa 2001:db8::99 --flags AH --seq 1 --lifetime 420
      mhatool craft bu ... --home-agent 2001:db8::1 --home-agent 2001:db8::2 -w bu.pcapng
      mhatool dissect FILE --jsonl | mhatool craft --from-json - -w again.pcapng
    """
    chosen = chosen_profile(profile)
    exclusive(hex_=hex_, write=write == "-")
    if (message is None) == (from_json is None):
        fail("give either MESSAGE or --from-json", "mhatool craft --help lists the messages")
    if message is None:
        given = {"hop_limit": hop_limit, "no_pad": no_pad, "time": time, **words}
        for name, content in given.items():
            exclusive(from_json=True, **{name: content or None})
        frames = _from_records(str(from_json), chosen, fix_checksum=not no_checksum)
        _emit(frames, write, hex_, chosen, inputs=[str(from_json)])
        return
    recipe = _recipe(message, chosen, words)
    recipe.hop_limit, recipe.pad = hop_limit, not no_pad
    octets = build(layers_of(recipe), chosen, fix_checksum=not no_checksum)
    _emit(iter([Frame(_time(time or "0"), linktype.RAW, octets)]), write, hex_, chosen)


_own = [
    p
    for p in inspect.signature(craft, eval_str=True).parameters.values()
    if p.kind is not inspect.Parameter.VAR_KEYWORD
]
craft.__signature__ = inspect.Signature([*_own[:1], *_parameters(), *_own[1:]])  # type: ignore[attr-defined]
craft.__annotations__ |= {p.name: p.annotation for p in _parameters()}


def _recipe(message: str, profile: Profile, words: Mapping[str, Any]) -> Recipe:
    """The words sorted into the recipe's own and fields of the message."""
    recipe = Recipe(message, profile)
    for name, content in words.items():
        if content is None or content == []:
            continue
        word = WORDS[name]
        if word.recipe:
            setattr(recipe, word.recipe, content)
        else:
            recipe.fields[name] = ",".join(content) if word.again else content
    return recipe


def _time(text: str) -> int:
    try:
        return instant.parse(text)
    except ValueError as error:
        fail(f"--time: {error}")


def _named(path: str) -> str:
    return STANDARD_INPUT if path == "-" else path


def _from_records(path: str, profile: Profile, *, fix_checksum: bool) -> Iterator[Frame]:
    """The frame of each record; an error says which record and what."""
    for number, record in read_records(path, lambda word: warn(f"{_named(path)}: {word}")):
        try:
            yield frame_of(record, profile, fix_checksum=fix_checksum)
        except EncodeError as error:
            fail(f"record {number}: {error}", "give what `mhatool dissect --jsonl -x` prints", where=_named(path))


def _emit(frames: Iterator[Frame], write: str | None, hex_: bool, profile: Profile, inputs: Sequence[str] = ()) -> None:
    """Write a capture, or print a line or two a packet; with `hex_` the octets in any case.

    A file is written when all is crafted, a pipe as it comes.
    """
    if write is not None:
        first = list(islice(frames, 1))
        with open_at_end(write, inputs=inputs) as stream:
            writer = PcapngWriter(stream, application="mhatool", flush_each=write == "-")
            for frame in chain(first, frames):
                writer.write(frame.time_ns, frame.link_type, frame.octets, frame.original_length)
                if hex_:
                    print(frame.octets.hex(), flush=True)
        return
    for frame in frames:
        if not hex_:
            from mhatool.display import summary_of  # only here is the packet read back

            print(summary_of(frame.octets, frame.link_type, profile))
        print(frame.octets.hex(), flush=True)
