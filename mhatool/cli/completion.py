"""`mhatool completion`: the script that makes a shell complete our commands and flags."""

from __future__ import annotations

from typing import Annotated, Literal

import typer
from typer.completion import shell_complete


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
    from mhatool.cli.app import root

    shell_complete(root(), {}, "mhatool", "_MHATOOL_COMPLETE", f"source_{shell}")
