"""`mhatool export`: what other programs need to know the extension."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from mhatool.cli.app import group, subcommand
from mhatool.cli.common import ProfileOption, chosen_profile, exclusive, fail

app = group(
    """Give other programs what they need.

    Examples:
      mhatool export wireshark --install     # Wireshark and tshark show the extension from now on
      mhatool export wireshark -o plugin/    # the same files, to copy yourself
    """
)


@subcommand(app)
def wireshark(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Write script and profile folder there.")
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="Put them where Wireshark finds them, and see that it does.")
    ] = False,
    uninstall: Annotated[bool, typer.Option("--uninstall", help="Take them away again.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
    profile: ProfileOption = None,
) -> None:
    """Wireshark's plugin: a Lua script, and a profile with colours and columns.

    Examples:
      mhatool export wireshark --install
      mhatool export wireshark --install --profile kame2003 --dry-run
      mhatool export wireshark > mha.lua     # without a place: the script alone, to standard output

    --install asks tshark for its folders, writes the script into the one for plugins and the profile "Mobile IPv6" into
    the one for settings, and runs tshark on a test packet. It never overwrites what mhatool didn't write, and
    --uninstall leaves the folders as they were. --profile gives the defaults of the script's preferences.
    """
    exclusive(output=output, install=install, uninstall=uninstall)
    chosen = chosen_profile(profile)
    from mhatool.wireshark import export
    from mhatool.wireshark.generate import plugin

    if install:
        _say(lambda: export.install(chosen, dry_run=dry_run))
    elif uninstall:
        _say(lambda: export.uninstall(dry_run=dry_run))
    elif output is not None:
        _say(lambda: export.write(export.files_in(output, chosen), dry_run=dry_run))
    elif dry_run:
        fail("--dry-run: nothing would be written", "give -o DIR, --install or --uninstall too")
    else:
        print(plugin(chosen), end="")


def _say(what: Callable[[], list[str]]) -> None:
    from mhatool.wireshark.tshark import WiresharkError

    try:
        for line in what():
            print(line)
    except WiresharkError as error:
        fail(str(error))
