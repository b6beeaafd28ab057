"""`mhatool completion`: the script that makes a shell complete our commands and flags."""

from __future__ import annotations

import os
from contextlib import redirect_stdout
from io import StringIO
from typing import Annotated, Final, Literal

import typer
from typer import _completion_shared as shells
from typer.completion import shell_complete

from mhatool.cli.common import fail

_SHELLS: Final = ("bash", "zsh", "fish", "powershell", "pwsh")
_ZSH: Final = r"""
#compdef mhatool

_mhatool_completion() {
  local said="$(env _TYPER_COMPLETE_ARGS="${words[1,$CURRENT]}" _MHATOOL_COMPLETE=complete_zsh mhatool)"
  local apostrophe="'\''"
  eval "${said//\'\'/$apostrophe}"
}

if [ "$funcstack[1]" = "_mhatool" ]; then
  _mhatool_completion "$@"
else
  compdef _mhatool_completion mhatool
fi
"""
"""Typer's, but it completes when zsh loads it, on the first Tab, and apostrophes in descriptions are none of quotes:
typer doubles them."""


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

    if shell == "zsh":
        print(_ZSH.strip())  # it wants `#compdef` in the first line
        return
    printed = StringIO()
    with redirect_stdout(printed):
        shell_complete(root(), {}, "mhatool", COMPLETE_VARIABLE, f"source_{shell}")
    print(printed.getvalue().strip())


def check_shell() -> None:
    """Before typer looks at its own flags: fail where it knows no script for the shell that runs; zsh's is ours."""
    shell = shells._get_shell_name()
    if shell not in _SHELLS:
        what = f"the shell {shell} isn't one that completes" if shell else "it can't be seen which shell this is"
        fail(what, "name another, as `mhatool completion bash`")
    shells._completion_scripts["zsh"] = _ZSH


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
