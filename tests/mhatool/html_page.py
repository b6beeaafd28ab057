"""Whether a page of HTML is whole, and needs nothing from elsewhere."""

from html.parser import HTMLParser


class _Whole(HTMLParser):
    """Fails where an element isn't closed, or closed twice."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.from_elsewhere: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)
        self.from_elsewhere += [value for _, value in attrs if value and "//" in value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def check_page(text: str) -> None:
    """Fail where it isn't."""
    page = _Whole()
    page.feed(text)
    page.close()
    assert (page.open, page.from_elsewhere) == ([], [])
