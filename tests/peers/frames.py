"""Frames of a capture, dissected: what is compared with other tools."""

from pathlib import Path

from dissectors.profile import RFC6275, Profile
from dissectors.walk import Dissector
from mhatool.capture import open_capture
from mhatool.display.frame import Frame


def frames_of(path: Path, profile: Profile = RFC6275) -> list[Frame]:
    dissector = Dissector(profile)
    with open_capture(path) as reader:
        found = [
            Frame(
                path.name,
                record,
                dissector.dissect(
                    record.captured, record.link_type, original_length=record.original_length, frame=record.frame
                ),
            )
            for record in reader
        ]
        assert reader.warnings == []
    return found
