"""From what a person types, or a record says, to the layers of a packet."""

from mhatool.craft.recipe import MESSAGES, Recipe, layers

__all__ = ["MESSAGES", "Recipe", "layers"]
