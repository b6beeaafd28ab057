"""Mobile IPv6 behaviour: engine, observer, rules, timelines and the command line, on top of `dissectors`."""

__version__ = "0.1.0"


def scapy_ext(ext: object) -> None:
    """Do nothing: Scapy's extension loader calls this in every top-level package; `dissectors` has the real one."""
