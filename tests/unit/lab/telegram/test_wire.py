"""The service's certificate is good for the real host's name, and for no other."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from plimsoll.lab.telegram.wire import API_HOST, server_context


def _shake_hands(context: ssl.SSLContext, authority: Path, name: str) -> None:
    ours, theirs = socket.socketpair()

    def serve() -> None:
        try:
            context.wrap_socket(theirs, server_side=True).close()
        except (ssl.SSLError, OSError):
            theirs.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        client = ssl.create_default_context(cafile=str(authority))
        client.wrap_socket(ours, server_hostname=name).close()
    finally:
        ours.close()
        thread.join(10)


def test_who_trusts_the_authority_trusts_the_host(tmp_path: Path) -> None:
    _shake_hands(server_context(tmp_path), tmp_path / "authority.pem", API_HOST)
    assert [file.name for file in tmp_path.iterdir()] == ["authority.pem"], "no key is kept"


def test_another_host_is_not_trusted(tmp_path: Path) -> None:
    context = server_context(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError):
        _shake_hands(context, tmp_path / "authority.pem", "example.org")
