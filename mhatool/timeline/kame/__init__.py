"""The paper's own look: binding tables as its Figs. 11 to 16, a mobile node's kernel log as its Appendix."""

from mhatool.timeline.kame.log import Line, as_log, lines_of
from mhatool.timeline.kame.tables import as_tables

__all__ = ["Line", "as_log", "as_tables", "lines_of"]
