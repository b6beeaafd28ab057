"""docs/reference.md is what the declarations say."""

import re
from importlib import import_module
from pathlib import Path

from dissectors.adapters.declared import declared
from dissectors.adapters.dpkt_packets import packets
from dissectors.adapters.scapy_layers import layers
from dissectors.reference import markdown


def test_the_reference_page_is_up_to_date(repository: Path) -> None:
    page = repository / "docs" / "reference.md"
    assert page.read_text(encoding="utf-8") == markdown(), "run: python -m dissectors.reference > docs/reference.md"


def test_classes_are_found_by_the_names_of_the_page() -> None:
    """As the page says: the module's class, `MHA` before its name in Scapy, its name in dpkt."""
    found = re.findall(r"^`\w+` · `([\w.]+)\.(\w+)`", markdown(), re.M)
    assert len(found) == markdown().count("\n### ") > 70
    classes = [getattr(import_module(module), name) for module, name in found]
    for declaration in declared():
        assert declaration.cls in classes
        assert layers().of(declaration.cls) is getattr(layers(), f"MHA{declaration.cls.__name__}")
        assert packets().of(declaration.cls) is getattr(packets(), declaration.cls.__name__)


def test_where_options_stand() -> None:
    """RFC 5648, 4.1: 2n without an address, 8n+2 with one, so 6 octets, and 10 or 22. RFC 6275, 6.2.7: 8n+2, last."""
    lines = {line.split("`")[1]: line for line in markdown().splitlines() if line.startswith("`")}
    assert "RFC 5648, 4.1 · starts at 2n+0, at 8n+2 with 10 or 22 octets. " in lines["binding_identifier"]
    assert " · starts at 8n+2, the last one. " in lines["binding_authorization_data"]
