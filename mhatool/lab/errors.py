"""What goes wrong with labs."""


class LabError(Exception):
    """What can't be done with a lab; the text says what to do."""


__all__ = ["LabError"]
