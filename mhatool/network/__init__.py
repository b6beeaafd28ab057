"""A virtual internet for protocol nodes: links, machines, movement, traffic, captures, and one virtual clock.

Nothing here asks a clock or draws chance from elsewhere than its seed, so that the same network gives the same octets.
"""
