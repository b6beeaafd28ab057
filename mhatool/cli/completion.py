"""`mhatool completion`: the script that makes a shell complete our commands and flags."""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from io import StringIO
from typing import Annotated, Final, Literal

import typer
from typer.completion import shell_complete

from mhatool.cli.common import fail

_SHELLS: Final = ("bash", "zsh", "fish", "powershell", "pwsh")


def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Which shell.", show_default=False)],
) -> None:
    """Print the completion script of a shell.

    Examples:
      mhatool completion bash > ~/.local/share/bash-completion/completions/mhatool
      mhatool completion zsh > ~/.zfunc/_mhatool
      mhatool completion fish > ~/.config/fish/completions/mhatool.fish

    `mhatool --install-completion` puts it where your shell looks.
    """
    from mhatool.cli.app import COMPLETE_VARIABLE, root

    printed = StringIO()
    with redirect_stdout(printed):
        shell_complete(root(), {}, "mhatool", COMPLETE_VARIABLE, f"source_{shell}")
    print(printed.getvalue().strip())  # zsh wants `#compdef` in the first line


def check_instruction() -> None:
    """Fail where the environment asks for a completion that typer can't make: nobody but a script sets it right."""
    from mhatool.cli.app import COMPLETE_VARIABLE

    instruction = os.environ[COMPLETE_VARIABLE]
    verb, _, shell = instruction.partition("_")
    if verb not in ("complete", "source") or shell not in _SHELLS:
        fail(f"{COMPLETE_VARIABLE}={instruction} asks for no completion", "unset it")
    words, number = os.environ.get("COMP_WORDS"), os.environ.get("COMP_CWORD", "")
    if instruction == "complete_bash" and (words is None or not number.isdecimal()):
        fail(f"{COMPLETE_VARIABLE} is set, but there is nothing to complete", "unset it")
