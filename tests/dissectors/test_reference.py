"""docs/reference.md is what the declarations say."""

from pathlib import Path

from dissectors.reference import markdown


def test_the_reference_page_is_up_to_date(repository: Path) -> None:
    page = repository / "docs" / "reference.md"
    assert page.read_text(encoding="utf-8") == markdown(), "run: python -m dissectors.reference > docs/reference.md"
