"""Protocol nodes without input or output of their own: mobile node, home agent, correspondent, router.

A node is fed with `receive`, `command` and `handle_timer`, each with the time; it answers with actions and events, and
says by `next_timer` when it wants to be called again. It never asks a clock, never opens anything, and draws what has
to be random from a source that it is given. So the same code runs in the virtual network, in the place of a captured
node, and on a real interface. Actions are carried out by whoever drives it: see `actions.py` for what each means.
"""
