"""Bugs put into the engine on purpose: the search finds each of them, by an invariant, at a seed that holds without."""

from __future__ import annotations

FOUND = {}
"""By bug: the first seed, from 1 on, that finds it, and the invariant that says so."""
