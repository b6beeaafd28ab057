"""Settings: flags over `MHATOOL_*` over `mhatool.toml` (here, then the user's) over defaults."""

from mhatool.settings.keys import SETTINGS, Setting, Value
from mhatool.settings.sources import (
    Origin,
    SettingsError,
    Sourced,
    everything,
    files,
    forget,
    is_hidden,
    setting,
    sourced,
    stray_variables,
)

__all__ = [
    "SETTINGS",
    "Origin",
    "Setting",
    "SettingsError",
    "Sourced",
    "Value",
    "everything",
    "files",
    "forget",
    "is_hidden",
    "setting",
    "sourced",
    "stray_variables",
]
