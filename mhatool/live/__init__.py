"""Nodes on real interfaces of a Linux machine: the engine, driven by its clock, its packets and its kernel."""
