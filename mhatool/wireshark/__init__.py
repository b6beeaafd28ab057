"""The Wireshark plugin, generated from the declarations."""
