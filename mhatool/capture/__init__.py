"""Read and write captures: pcap and pcapng, plain, gzip or zstd, from files and pipes, in bounded memory."""

from mhatool.capture.errors import CaptureError
from mhatool.capture.output import Output, open_at_end, open_output
from mhatool.capture.reader import CaptureReader, open_capture
from mhatool.capture.record import CaptureWarning, Interface, Record
from mhatool.capture.writer import PcapngWriter, PcapWriter

__all__ = [
    "CaptureError",
    "CaptureReader",
    "CaptureWarning",
    "Interface",
    "Output",
    "PcapWriter",
    "PcapngWriter",
    "Record",
    "open_at_end",
    "open_capture",
    "open_output",
]
