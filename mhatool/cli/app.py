"""The commands, and the typer group that imports a command's module only when that command runs.

A command is a function of that name (`-` as `_`) in its module: annotated for typer, its docstring is the help, lines
under `Examples:` in it come first. A group of commands is a `typer.Typer` named `app` in its module, made by `group`.
"""

from __future__ import annotations

import importlib
import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from mhatool import __version__
from mhatool.cli.coercion import spare_pydantic
from mhatool.cli.common import When, running, set_color, start_afresh

COMPLETE_VARIABLE: Final = "_MHATOOL_COMPLETE"
"""What the shells' completion scripts set."""
FLAGS_OF_SHELLS: Final = frozenset({"--install-completion", "--show-completion"})
"""Typer's own flags, which ask about the shell that runs."""


class Entry(NamedTuple):
    """Where a command is, and what it does in a line."""

    module: str
    summary: str


COMMANDS: Mapping[str, Entry] = {
    "craft": Entry("craft", "make packets from words or from records"),
    "send": Entry("send", "put the packets of a capture on a wire"),
    "dissect": Entry("dissect", "show what packets hold, as a tree or as records"),
    "info": Entry("info", "what is in a capture, in a few lines"),
    "extract": Entry("extract", "write the packets that matter to a capture of their own"),
    "diff": Entry("diff", "compare two captures as exchanges"),
    "shell": Entry("shell", "Scapy's prompt with the layers installed"),
    "validate": Entry("validate", "judge captures by the rules of the standards"),
    "rule": Entry("rule", "explain one rule"),
    "rules": Entry("rule", "list all rules"),
    "timeline": Entry("timeline", "tell what became of each binding"),
    "view": Entry("view", "walk through a timeline in the terminal"),
    "simulate": Entry("simulate", "let a network happen, in virtual time"),
    "scenarios": Entry("simulate", "list the built-in scenarios, or print one"),
    "replay": Entry("replay", "put our engine in the place of a captured node"),
    "node": Entry("node", "run a mobile node, home agent or correspondent on this machine"),
    "lab": Entry("lab", "the paper's testbed in network namespaces, with real routers"),
    "export": Entry("export", "give Wireshark and others what they need to show the extension"),
    "crosscheck": Entry("crosscheck", "compare our decoding with tshark's, field by field"),
    "schema": Entry("schema", "print the JSON Schema of an output"),
    "config": Entry("config", "show settings and where they come from"),
    "doctor": Entry("doctor", "what this machine can do, and what to install for the rest"),
    "completion": Entry("completion", "print the completion script of a shell"),
}


class Command(TyperCommand):
    """A command whose help begins with its examples and that knows the options every command has."""

    def get_params(self, ctx: Any) -> Any:
        """The command's own, and those of every command."""
        return spare_pydantic([*self.params, *_EVERYWHERE, *super().get_params(ctx)[len(self.params) :]])

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """As typer has them; what an argument is called says all: `FILE...`, not `{FILE...}...`."""
        return [_once(piece) for piece in super().collect_usage_pieces(ctx)]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Examples, usage, text, options."""
        _format_help(self, ctx, formatter)


def _once(piece: str) -> str:
    """`{A B}...` and `[A...]...` without what typer adds, as there may be several or must be one; choices stay."""
    whole = piece.removesuffix("...")
    if not whole.endswith(("}", "]")):
        return piece
    return whole[1:-1] if whole.startswith("{") and "|" not in whole else whole


class Group(TyperGroup):
    """A group of commands with the same help."""

    def get_params(self, ctx: Any) -> Any:
        """As typer has them."""
        return spare_pydantic(super().get_params(ctx))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Examples, usage, text, options, commands."""
        _format_help(self, ctx, formatter)


class _Placeholder(TyperCommand):
    """Stands in the list for a command whose module isn't loaded."""

    def __init__(self, name: str, entry: Entry) -> None:
        super().__init__(name, short_help=entry.summary, help=entry.summary)
        self.entry = entry

    def get_short_help_str(self, limit: int = 45) -> str:
        """The summary, whole."""
        return self.entry.summary


class LazyGroup(Group):
    """The commands of COMMANDS: listed and suggested from there, loaded when one is run or completed."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands.update({name: _Placeholder(name, entry) for name, entry in COMMANDS.items()})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """As typer does it, with the real command in the place of its placeholder."""
        name, command, rest = super().resolve_command(ctx, args)
        running[:] = [name] if name else []
        return name, load(command.name or "") if isinstance(command, _Placeholder) else command, rest

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """As typer does it, but it may not take a closed pipe for an error."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except BrokenPipeError:
            raise ReaderLeftError from None

    def invoke(self, ctx: Any) -> Any:
        """As typer does it, but it may not take a closed pipe for an error."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise ReaderLeftError from None


class ReaderLeftError(Exception):
    """Who read standard output has closed it: a BrokenPipeError that typer doesn't see."""


def _format_help(command: Any, ctx: Any, formatter: Any) -> None:
    examples, text = split_examples(command.help or "")
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
        formatter.write_paragraph()
    command.format_usage(ctx, formatter)
    whole, command.help = command.help, text
    try:
        command.format_help_text(ctx, formatter)
    finally:
        command.help = whole
    command.format_options(ctx, formatter)
    command.format_epilog(ctx, formatter)


def split_examples(docstring: str) -> tuple[list[str], str]:
    """The indented lines under `Examples:`, and the text without them."""
    examples: list[str] = []
    rest: list[str] = []
    inside = False
    for line in inspect.cleandoc(docstring).splitlines():
        if line.strip() == "Examples:":
            inside = True
        elif inside and (not line.strip() or line.startswith(" ")):
            examples += [line.strip()] if line.strip() else []
        else:
            inside = False
            rest.append(line)
    return examples, "\n".join(rest).strip()


def group(help_: str) -> typer.Typer:
    """An empty group of commands; `@subcommand(app)` adds to it."""
    made = typer.Typer(cls=Group, help=help_, add_completion=False, rich_markup_mode=None)
    made.callback()(lambda: None)  # a group also where it holds one command
    return made


def subcommand(
    app: typer.Typer, name: str | None = None, settings: dict[str, Any] | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the decorated function to a group; `settings` are its context's, as click has them."""
    return app.command(name, cls=Command, context_settings=settings)


def load(name: str) -> Any:
    """Import a command's module and make what typer runs."""
    module = importlib.import_module(f"mhatool.cli.{COMMANDS[name].module}")
    function = getattr(module, name.replace("-", "_"), None)
    if function is None:
        command = get_command(module.app)
    else:
        single = typer.Typer(add_completion=False, rich_markup_mode=None)
        single.command(name, cls=Command, epilog=getattr(module, "EPILOG", None))(function)
        command = get_command(single)
    command.name = name
    return command


def _everywhere(
    color: Annotated[
        When | None,
        typer.Option(
            "--color",
            callback=set_color,
            expose_value=False,
            metavar="WHEN",
            help="auto (default: on a terminal), always or never.",
        ),
    ] = None,
) -> None:
    """Options of every command."""


def _params_of(function: Callable[..., Any]) -> Sequence[Any]:
    holder = typer.Typer(add_completion=False)
    holder.command()(function)
    return get_command(holder).params


_EVERYWHERE = _params_of(_everywhere)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mhatool {__version__}")
        raise typer.Exit


def _root(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    color: Annotated[When | None, typer.Option("--color", metavar="WHEN", help="auto, always or never.")] = None,
) -> None:
    """Mobile IPv6 dissector and analysis toolkit.

    Examples:
      mhatool validate tour.pcap                    # judge a capture by the standards' rules
      mhatool timeline tour.pcap                    # tell what became of each binding
      tcpdump -U -w - -i eth0 | mhatool dissect -   # show signalling as it comes

    `mhatool COMMAND --help` shows examples and options of each command.
    """
    set_color(color)
    if ctx.invoked_subcommand is None:
        print(ctx.get_help())


def root() -> Any:
    """What typer runs: the group of all commands."""
    app = typer.Typer(
        cls=LazyGroup,
        invoke_without_command=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120},
    )
    app.callback()(_root)
    return get_command(app)


def run(arguments: list[str]) -> int:
    """Run one command line; its status. Exceptions are the caller's, BrokenPipeError for a closed pipe."""
    start_afresh()
    if os.environ.get(COMPLETE_VARIABLE):
        from mhatool.cli.completion import check_instruction

        check_instruction()
    if not FLAGS_OF_SHELLS.isdisjoint(arguments):
        from mhatool.cli.completion import check_shell

        check_shell()
    try:
        status = root().main(args=arguments, prog_name="mhatool", standalone_mode=False)
    except ReaderLeftError:
        raise BrokenPipeError from None
    return status if isinstance(status, int) else 0
