"""What Scapy loads as `scapy.layers.mhatool`: our layers' names, `install`, `uninstall` and `dissect_with_scapy`.

`conf.exts.load("mhatool")` calls `register`, which also installs our layers beside Scapy's own: the user asked for it.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from dissectors.adapters.scapy_layers import dissect_with_scapy, install, layers, uninstall

_LAYERS = {cls.__name__: cls for cls in layers().by_name.values()}
globals().update(_LAYERS)

__all__ = [*_LAYERS, "dissect_with_scapy", "install", "uninstall"]  # noqa: PLE0604  (names of classes)


def register(ext: Any) -> None:
    """Tell Scapy's extension loader who we are, and put our layers into its tables."""
    ext.config("mhatool", version("mhatool"))
    ext.register(name="mhatool", mode=ext.MODE.LAYERS, path=__file__, default=False)
    install()
