"""A node's starter hears that it is up (sd_notify(3)): a datagram to the socket that NOTIFY_SOCKET names."""

import socket
from pathlib import Path

import pytest

from mhatool.live.readiness import notify


@pytest.mark.parametrize("abstract", [False, True])
def test_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, abstract: bool) -> None:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as starter:
        starter.bind("\0" + path if abstract else path)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + path if abstract else path)
        assert notify("READY=1")
        assert starter.recv(100) == b"READY=1"


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/nowhere/notify"])
def test_where_nobody_listens_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    assert not notify("READY=1")
