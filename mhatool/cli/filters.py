"""Filter expressions of commands: an error shows the place in the expression."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import typer

from mhatool.cli.common import WRONG_USE, styled
from mhatool.display.filter import Field, FilterError, Predicate, compile_filter, resolve_columns

if TYPE_CHECKING:
    from dissectors.profile import Profile


def chosen_filter(expression: str, profile: Profile) -> Predicate:
    """The test of `-Y EXPR`; a wrong one ends the command."""
    try:
        return compile_filter(expression, profile)
    except FilterError as error:
        _show("-Y", error)


def chosen_columns(names: str, profile: Profile) -> list[Field]:
    """The fields of `--fields a,b`; an unknown one ends the command."""
    try:
        return resolve_columns(names, profile)
    except FilterError as error:
        _show("--fields", error)


def _show(flag: str, error: FilterError) -> NoReturn:
    """One line that names the column; in a terminal the expression follows, with a caret under the place."""
    first, *rest = error.shown().splitlines()
    if not sys.stderr.isatty():
        rest = []
    print(f"{styled('mhatool:', 'bold red', sys.stderr)} {flag}: {first}", *rest, sep="\n", file=sys.stderr, flush=True)
    raise typer.Exit(WRONG_USE)
