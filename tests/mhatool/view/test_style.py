"""Terminals obey styles, and nothing else."""

from mhatool.view.style import cleaned, terminal_style


def test_styles_with_and_without_colours() -> None:
    assert terminal_style(color=True)("x", "bold red") == "\x1b[1;31mx\x1b[0m"
    assert terminal_style(color=False)("x", "bold red") == "\x1b[1mx\x1b[0m"
    assert terminal_style(color=False)("x", "red") == terminal_style(color=True)("x", "") == "x"


def test_what_others_wrote_is_escaped() -> None:
    styled = terminal_style(color=True)("a", "bold red reverse")
    assert cleaned(styled) == styled
    assert cleaned("x\x1b]0;title\x07\x1b[2Jy\x9b8m\t") == r"x\x1b]0;title\x07\x1b[2Jy\x9b8m\t"
    assert cleaned(styled + "\x1b[31;8m") == styled + r"\x1b[31;8m"
