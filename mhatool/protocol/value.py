"""Records that nobody changes, made by the hundred thousand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def value(cls: type[T]) -> type[T]:
    """A slotted dataclass, frozen for the type checker only: one that is really frozen takes three times as long."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
