"""The REST API's front: its settings, and real certificates on loopback."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import UsageError
from plimsoll.lab import front_checks
from plimsoll.lab.finding import Finding, Level
from plimsoll.lab.front_checks import check_api, check_front
from tests.ports import free_port
from tests.support.proxying import write_certificate

STRONG = "kT9-vQ2x_Rw7mZ4bLs8e"
GOOD: dict[str, Any] = {
    "enabled": True,
    "listen_ip_address": "127.0.0.1",
    "listen_port": 8080,
    "username": "plimsoll",
    "password": STRONG,
    "jwt_secret_key": "0f3c9a7be1d24586" * 2 + "x",
    "CORS_origins": [],
}


def check(**changed: object) -> list[Finding]:
    return check_api({"api_server": {**GOOD, **changed}})


def the(findings: list[Finding]) -> Finding:
    [finding] = findings
    return finding


def test_a_good_one_is_well() -> None:
    assert the(check()).level is Level.OK


@pytest.mark.parametrize("config", [{}, {"api_server": None}, {"api_server": {"enabled": False}}])
def test_one_that_is_off_is_not_judged(config: dict[str, Any]) -> None:
    assert the(check_api(config)).found == "off"


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"listen_ip_address": "0.0.0.0"}, "listens on 0.0.0.0 without encryption"),
        ({"listen_ip_address": "::"}, "listens on ::"),
        ({"listen_ip_address": "192.168.1.7"}, "192.168.1.7"),
        ({"listen_ip_address": ""}, "expected an address"),
        ({"listen_ip_address": None}, "expected an address"),
        ({"listen_ip_address": "localhost"}, "expected an address"),
        ({"password": ""}, "its password is empty"),
        ({"password": None}, "its password is empty"),
        ({"password": "SuperStrongPassword"}, "that of an example"),
        ({"password": "plimsoll-2026-is-mine"}, "contains the user's name"),
        ({"password": STRONG[:15]}, "fewer than 16 characters"),
        ({"password": "aaaaaaaaaaaaaaaaaaaaaaab"}, "different characters"),
        ({"jwt_secret_key": GOOD["jwt_secret_key"][:31]}, "shorter than 32 bytes"),
        ({"jwt_secret_key": "a" * 40}, "easily guessed"),
        ({"ws_token": "short"}, "a ws_token has fewer"),
        ({"ws_token": [STRONG, "sampleWsToken"]}, "a ws_token is that of an example"),
        ({"CORS_origins": ["*"]}, "every page"),
    ],
)
def test_what_lets_others_in_is_a_fault_and_never_shown(
    changed: dict[str, Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_checks, "IN_CONTAINER", ())
    finding = the(check(**changed))
    assert finding.level is Level.FAULT
    assert says in finding.found
    assert finding.remedy
    for name in ("password", "jwt_secret_key"):
        assert not changed.get(name) or str(changed[name]) not in finding.found


def test_exactly_long_enough_is_well() -> None:
    assert the(check(password=STRONG[:16])).level is Level.OK
    assert the(check(jwt_secret_key=GOOD["jwt_secret_key"][:32])).level is Level.OK


def test_one_secret_for_both_is_a_fault() -> None:
    both = GOOD["jwt_secret_key"]
    assert "the same" in the(check(password=both)).found


def test_in_a_container_every_address_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = tmp_path / ".dockerenv"
    marked.touch()
    monkeypatch.setattr(front_checks, "IN_CONTAINER", (marked,))
    assert the(check(listen_ip_address="0.0.0.0")).level is Level.WARNING
    assert the(check(listen_ip_address="192.168.1.7")).level is Level.FAULT


def test_its_documentation_is_a_warning() -> None:
    assert the(check(enable_openapi=True)).level is Level.WARNING


@contextmanager
def tls(chain: Path, key: Path, *, host: str = "127.0.0.1") -> Iterator[int]:
    """Yield the port of a server that ends each handshake and says no more."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with socket.create_server((host, 0)) as server:

        def answer() -> None:
            while True:
                try:
                    taken, _ = server.accept()
                except OSError:
                    return
                try:
                    context.wrap_socket(taken, server_side=True).close()
                except OSError:
                    taken.close()

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def trust(monkeypatch: pytest.MonkeyPatch, chain: Path) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))


def test_a_good_certificate_says_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain, key = write_certificate(tmp_path)
    trust(monkeypatch, chain)
    with tls(chain, key) as port:
        finding = the(check_front(f"https://localhost:{port}"))
        assert finding.level is Level.OK
        assert "in 30 days; TLSv1." in finding.found
        soon = datetime.now(UTC) + timedelta(days=17)
        assert the(check_front(f"https://localhost:{port}", now=soon)).level is Level.WARNING


def test_an_expired_certificate_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain, key = write_certificate(tmp_path, expired=True)
    trust(monkeypatch, chain)
    with tls(chain, key) as port:
        finding = the(check_front(f"https://localhost:{port}"))
    assert finding.level is Level.FAULT
    assert "has expired" in finding.found


def test_a_certificate_of_another_name_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, key = write_certificate(tmp_path)
    trust(monkeypatch, chain)
    with tls(chain, key, host="127.0.0.2") as port:
        finding = the(check_front(f"https://127.0.0.2:{port}"))
    assert finding.level is Level.FAULT
    assert "another name" in finding.found


def test_one_that_nobody_signed_is_a_fault(tmp_path: Path) -> None:
    with tls(*write_certificate(tmp_path)) as port:
        finding = the(check_front(f"https://localhost:{port}"))
    assert finding.level is Level.FAULT
    assert "not trusted" in finding.found


def test_a_server_without_tls_or_none_at_all_is_a_fault() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up() -> None:
            server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        told = the(check_front(f"https://localhost:{server.getsockname()[1]}"))
    assert told.level is Level.FAULT
    assert the(check_front(f"https://localhost:{free_port()}")).level is Level.FAULT
    assert "not encrypted" in the(check_front("http://localhost")).found


@pytest.mark.parametrize(
    "url",
    ["", "localhost", "https://", "ftp://a.example", "https://a:b@c.example", "https://a:99999"],
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="expected an address"):
        check_front(url)
