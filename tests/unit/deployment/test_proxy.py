"""The proxy, by a real nginx: guesses end in 429, others do not pay for it, TLS is today's."""

import base64
import http.client
import os
import shutil
import signal
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from plimsoll.core import UsageError
from plimsoll.deployment.proxy import (
    LOGINS_AT_ONCE,
    Proxy,
    proxy_text,
    rotation_text,
)
from plimsoll.lab.processes import wait_until
from tests.support.proxying import HOST, Served, checked, main_config, needs_nginx, nginx_before

LOGROTATE = shutil.which("logrotate") or shutil.which("logrotate", path="/usr/sbin")
RIGHT, WRONG = ("plimsoll", "the-right-one"), ("plimsoll", "a-guess")
PLACES = {"certificate": Path("/etc/ssl/chain.pem"), "key": Path("/etc/ssl/key.pem")}


class Api(BaseHTTPRequestHandler):
    """As Freqtrade's: one password, 401 for every other; tokens are taken."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        sent = self.headers.get("Authorization", "")
        status = 200 if sent in (basic(*RIGHT), "Bearer a-token") else 401
        told = self.headers.get("X-Forwarded-For", "").encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def upstream() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def served(tmp_path: Path, upstream: int) -> Iterator[Served]:
    # A header stands for the address, which lets one machine be many clients.
    extra = "    set_real_ip_from 127.0.0.1;\n    real_ip_header X-Test-Address;\n"
    with nginx_before(tmp_path / "nginx", upstream, extra=extra) as running:
        yield running


def ask(
    served: Served,
    login: tuple[str, str] | None = None,
    *,
    address: str = "192.0.2.1",
    path: str = "/api/v1/balance",
    **headers: str,
) -> http.client.HTTPResponse:
    connection = opened(served)
    sent = {"X-Test-Address": address, **headers}
    if login is not None:
        sent["Authorization"] = basic(*login)
    connection.request("GET", path, headers=sent)
    answer = connection.getresponse()
    answer.said = answer.read()  # type: ignore[attr-defined]
    connection.close()
    return answer


def opened(served: Served) -> http.client.HTTPSConnection:
    context = ssl.create_default_context(cafile=str(served.certificate))
    connection = http.client.HTTPSConnection(
        HOST, urlsplit(served.url).port, timeout=60, context=context
    )
    connection.connect()
    return connection


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def asked_at_once(served: Served, requests: list[tuple[str, dict[str, str]]]) -> list[int]:
    """Send requests, path and headers each, in a row on connections that are open before.

    On a busy machine a handshake takes seconds, in which the limit would let more pass.
    """
    connections = [opened(served) for _ in requests]
    for connection, (path, headers) in zip(connections, requests, strict=True):
        connection.request("GET", path, headers=headers)
    statuses = [connection.getresponse().status for connection in connections]
    for connection in connections:
        connection.close()
    return statuses


def guessed(served: Served, addresses: list[str] | None = None) -> list[int]:
    """Guess eight times in a row, from one address or from several."""
    sent = [
        ("/api/v1/balance", {"X-Test-Address": address, "Authorization": basic(*WRONG)})
        for address in addresses or ["192.0.2.1"] * 8
    ]
    return asked_at_once(served, sent)


@needs_nginx
def test_eight_wrong_passwords_in_a_row_end_in_429(served: Served) -> None:
    statuses = guessed(served)
    assert set(statuses) == {401, 429}
    # On a busy machine one more may be allowed while they are sent.
    assert LOGINS_AT_ONCE + 1 <= statuses.count(401) <= LOGINS_AT_ONCE + 2


@needs_nginx
def test_guesses_are_counted_whatever_they_ask_and_however_they_write_it(served: Served) -> None:
    paths = ("token/login", "ping", "status", "stop", "logs", "locks", "trades", "count")
    schemes = ("Basic", "basic", "BASIC", "bAsIc", "Basic ", "basic", "Basic", "Basic")
    sent = [
        (f"/api/v1/{path}", {"Authorization": f"{scheme} eDp5"})
        for path, scheme in zip(paths, schemes, strict=True)
    ]
    assert asked_at_once(served, sent).count(429) >= 6 - LOGINS_AT_ONCE


@needs_nginx
def test_a_guesser_costs_others_and_a_token_nothing(served: Served) -> None:
    mine = ("/api/v1/ping", {"X-Test-Address": "192.0.2.1", "Authorization": basic(*RIGHT)})
    guess = ("/api/v1/ping", {**mine[1], "Authorization": basic(*WRONG)})
    # A guess that is right is told so no more than one that is wrong.
    # On a busy machine a second login may be allowed between two of them, never all.
    assert 429 in asked_at_once(served, [guess] * 8 + [mine] * 4)[8:]
    assert ask(served, RIGHT, address="192.0.2.2").status == 200
    token = ("/api/v1/ping", {"Authorization": "Bearer a-token"})
    assert asked_at_once(served, [token] * 20) == [200] * 20


@needs_nginx
def test_a_network_of_64_bits_is_one_guesser(served: Served) -> None:
    statuses = guessed(served, [f"2001:db8:0:7::{n:x}" for n in range(1, 9)])
    assert statuses.count(429) >= 6 - LOGINS_AT_ONCE
    assert ask(served, RIGHT, address="2001:db8:0:8::1").status == 200


@needs_nginx
def test_who_waits_may_try_again(served: Served) -> None:
    assert 429 in guessed(served)
    wait_until(
        lambda: ask(served, RIGHT).status == 200, seconds=60, what="a login", pause_seconds=2
    )


@needs_nginx
def test_the_far_end_is_told_who_asks_by_us_alone(served: Served) -> None:
    said = ask(served, address="192.0.2.3", **{"X-Forwarded-For": "127.0.0.1"}).said
    assert said == b"192.0.2.3"


@needs_nginx
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_old_tls_is_refused_and_what_is_answered_is_kept_to_tls(served: Served) -> None:
    answer = ask(served, RIGHT)
    assert answer.headers["Strict-Transport-Security"] == "max-age=63072000"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Server"] == "nginx"  # no version
    refused = ask(served)
    assert (refused.status, "Strict-Transport-Security" in refused.headers) == (401, True)
    old = ssl.create_default_context(cafile=str(served.certificate))
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    where = urlsplit(served.url)
    connection = http.client.HTTPSConnection(HOST, where.port, timeout=20, context=old)
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        connection.request("GET", "/api/v1/ping")


@needs_nginx
def test_an_unencrypted_question_is_sent_to_tls_and_not_passed_on(served: Served) -> None:
    where = urlsplit(served.plain_url)
    connection = http.client.HTTPConnection(HOST, where.port, timeout=20)
    connection.request("GET", "/api/v1/ping?x=1")
    answer = connection.getresponse()
    assert answer.status == 301
    assert answer.headers["Location"] == f"{served.url}/api/v1/ping?x=1"
    connection.close()


@needs_nginx
def test_the_log_holds_neither_password_nor_token(served: Served) -> None:
    ask(served, RIGHT, path="/api/v1/message/ws?token=secret-token")
    wait_until(lambda: served.log.stat().st_size > 0, seconds=20, what="a line in the log")
    text = served.log.read_text()
    assert "/api/v1/message/ws" in text
    assert "secret-token" not in text
    assert RIGHT[1] not in text


@needs_nginx
@pytest.mark.skipif(LOGROTATE is None, reason="no logrotate; Debian package logrotate")
def test_a_rotated_log_goes_on_in_a_new_file_and_loses_no_line(
    served: Served, tmp_path: Path
) -> None:
    assert LOGROTATE is not None
    owner = f"{served.log.owner()} {served.log.group()}"
    rules = rotation_text(
        served.log, owner=served.log.owner(), group=served.log.group(), pid=served.pid_file
    )
    assert f"create 0640 {owner}" in rules
    (tmp_path / "rules").write_text(rules)
    (tmp_path / "rules").chmod(0o644)
    state = tmp_path / "state"
    ask(served, RIGHT, path="/before")
    wait_until(lambda: b"/before" in served.log.read_bytes(), seconds=20, what="a line")
    words = [LOGROTATE, "--force", "--state", str(state), str(tmp_path / "rules")]
    seen = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert (seen.returncode, seen.stderr) == (0, "")

    def went_on() -> bool:
        ask(served, Authorization="Bearer a-token", path="/after")
        return b"/after" in served.log.read_bytes()

    wait_until(went_on, seconds=30, what="a line in the new log", pause_seconds=0.3)
    [old] = served.log.parent.glob("proxy.log-*")
    assert b"/before" in old.read_bytes()
    assert b"/before" not in served.log.read_bytes()
    os.kill(int(served.pid_file.read_text()), signal.SIGUSR1)  # once more harms nothing
    assert ask(served, Authorization="Bearer a-token").status == 200


@needs_nginx
def test_an_expired_certificate_is_named_by_who_meets_it(tmp_path: Path, upstream: int) -> None:
    with (
        nginx_before(tmp_path / "nginx", upstream, expired=True) as served,
        pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"),
    ):
        ask(served)


@needs_nginx
def test_nginx_takes_the_file_as_it_ships(tmp_path: Path) -> None:
    """But for the certificate, which its owner has."""
    text = proxy_text(Proxy(host="bot.example.org", **PLACES, log=tmp_path / "proxy.log"))
    without = text.replace("    ssl_certificate /etc/ssl/chain.pem;\n", "").replace(
        "    ssl_certificate_key /etc/ssl/key.pem;\n", ""
    )
    assert "ssl_certificate" not in without
    (tmp_path / "plimsoll-proxy.conf").write_text(without.replace(" ssl http2", ""))
    (tmp_path / "nginx.conf").write_text(main_config(tmp_path))
    seen = checked(tmp_path)
    assert seen.returncode == 0, seen.stderr
    assert "warn" not in seen.stderr


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "bot.example.org; return 200"},
        {"host": "a b"},
        {"https_port": "443 default_server"},
        {"log": Path("proxy.log")},
        {"certificate": Path("chain.pem")},
    ],
)
def test_a_word_that_nginx_would_read_otherwise_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=r"^expected --"):
        Proxy(**{"host": "bot.example.org", **PLACES, **wrong})  # type: ignore[arg-type]


def test_the_upstream_is_loopback_and_the_port_is_shown_where_it_is_not_https_own() -> None:
    proxy = Proxy(host="bot.example.org", **PLACES, upstream_port=8081)
    text = proxy_text(proxy)
    assert "proxy_pass http://127.0.0.1:8081;" in text
    assert "https://bot.example.org$request_uri" in text
    other = Proxy(host="bot.example.org", **PLACES, https_port="0.0.0.0:8443")
    assert "https://bot.example.org:8443$request_uri" in proxy_text(other)
