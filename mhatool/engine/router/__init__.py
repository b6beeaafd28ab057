"""A router: advertisements on its links (RFC 4861) and RIPng between routers (RFC 2080)."""

from mhatool.engine.router.configuration import ConnectedNetwork, RipngConfiguration, RouterConfiguration
from mhatool.engine.router.router import Router

__all__ = ["ConnectedNetwork", "RipngConfiguration", "Router", "RouterConfiguration"]
