"""`python -m mhatool.wireshark` writes the script to standard output."""

from mhatool.wireshark.generate import plugin

print(plugin(), end="")
