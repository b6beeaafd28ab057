"""Keep the kernel from answering what it doesn't understand: it has no Mobile IPv6, and says so to everybody.

Binding Updates with a Home Address option, acknowledgements with a type 2 routing header, bare Mobility Headers and
tunnelled packets would each be answered with an ICMPv6 Parameter Problem. Our sockets see packets before the table
drops them. It does so where packets come that end here: what is forwarded doesn't pay for it.
"""

from __future__ import annotations

import subprocess

from mhatool.live.data_plane import cutting
from mhatool.live.data_plane.admission import chains
from mhatool.live.data_plane.tunnels import Hook
from mhatool.live.errors import LiveError
from mhatool.programs import find

_RULES = """\
table ip6 {table} {{
{admission}
    chain arriving {{
        type filter hook input priority raw; policy accept;
{first}
        ip6 nexthdr {{ tcp, udp, icmpv6 }} accept
        iifname != "{tunnel}" meta l4proto {{ {protocols} }} fib daddr type {{ local, anycast }} drop
        iifname != "{tunnel}" exthdr rt exists rt type 2 fib daddr type local drop
        iifname != "{tunnel}" exthdr dst exists fib daddr type local drop
    }}
}}
"""
_MAY_NOT = "Operation not permitted"


class Silence:
    """One node's table in nf_tables; `tunnel` is the device through which what we have checked comes back in.

    Where the kernel unpacks tunnels, the table admits their packets, before it does: see `Admission`. Packets of more
    than `cuts_at` octets from home addresses are marked (0: none are): see `cutting`.
    """

    def __init__(
        self, name: str, tunnel: str, protocols: tuple[int, ...], admits_at: Hook | None = None, cuts_at: int = 0
    ) -> None:
        self.table = f"mhatool_{name}"
        admission, first = chains(admits_at) if admits_at is not None else ("", "")
        if cuts_at:
            marking, hearing = cutting.chain(cuts_at)
            admission, first = admission + marking, first + hearing
        self._rules = _RULES.format(
            table=self.table,
            tunnel=tunnel,
            protocols=", ".join(map(str, protocols)),
            admission=admission,
            first=first,
        )

    def begin(self) -> None:
        """From now on; what an earlier run left behind goes. LiveError without nft, or without the right to."""
        self._nft(f"table ip6 {self.table}\ndelete table ip6 {self.table}\n{self._rules}")

    def end(self) -> None:
        """The kernel answers again."""
        self._nft(f"table ip6 {self.table}\ndelete table ip6 {self.table}\n")

    def is_there(self) -> bool:
        """Whether the kernel has the table."""
        try:
            self._nft(f"list table ip6 {self.table}\n")
        except LiveError:
            return False
        return True

    def trial(self) -> None:
        """Let the kernel look at the table without taking it. LiveError as `begin`."""
        self._nft(self._rules, "-c")

    def _nft(self, commands: str, *how: str) -> None:
        nft = find("nft")
        if nft is None:
            raise LiveError("nft isn't installed, and the kernel would answer signalling: apt-get install nftables")
        whole = [nft, *how, "-f", "-"]
        done = subprocess.run(whole, input=commands, capture_output=True, text=True, timeout=10, check=False)
        if done.returncode:
            first = (done.stderr.strip().splitlines() or ["no word why"])[0]
            raise LiveError(f"nft refuses the table that silences the kernel: {first}")


def trial() -> str | None:
    """Why the kernel wouldn't take such a table; "": it would; None: who asks may not know."""
    if find("nft") is None:
        return None
    try:
        Silence("trial", "mha-trial", (135, 41)).trial()
    except LiveError as error:
        return None if _MAY_NOT in str(error) else str(error)
    return ""


__all__ = ["Silence", "trial"]
