"""The REST API's front: where it listens, what keeps others out, and the certificate before it."""

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from plimsoll.core import UsageError
from plimsoll.lab.finding import Finding, Level

SUBJECT = "rest api"
MIN_PASSWORD_CHARACTERS = 16
MIN_DIFFERENT_CHARACTERS = 8
MIN_TOKEN_KEY_BYTES = 32
"""HS256 signs with a key at least as long as its hash: RFC 7518, section 3.2."""
MIN_CERTIFICATE_DAYS = 14
"""certbot renews 30 days before the end: with less left, renewal has failed for two weeks."""
TIMEOUT_SECONDS = 5.0
IN_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
GENERATE = "openssl rand -hex 24, into the environment"
# Of Freqtrade's own examples.
SHOWN_IN_EXAMPLES = frozenset({"superstrongpassword", "somethingrandom", "samplewstoken"})
EXPIRED, NOT_YET, WRONG_NAME, WRONG_ADDRESS = 10, 9, 62, 64
"""OpenSSL's codes, from x509_vfy.h."""


def check_api(config: dict[str, Any]) -> list[Finding]:
    """Return what the settings of ``api_server`` leave open; none of it is asked."""
    api = config.get("api_server") or {}
    if api.get("enabled") is not True:
        return [Finding(Level.OK, SUBJECT, "off")]
    found = [*_address(api), *_secrets(api), *_extras(api)]
    where = f"{api.get('listen_ip_address')}:{api.get('listen_port')}"
    return found or [Finding(Level.OK, SUBJECT, f"on {where}, behind a strong password")]


def check_front(url: str, *, now: datetime | None = None) -> list[Finding]:
    """Return what the certificate at an address lacks: its end, its name, who signed it.

    Raises
    ------
    UsageError
        For what is no address of a host.
    """
    parts = _parts(url)
    host, port = parts.hostname or "", parts.port or 443
    where = f"{host}:{port}"
    if parts.scheme != "https":
        text = f"{url} is not encrypted: a password crosses the network as it stands"
        return [Finding(Level.FAULT, SUBJECT, text, "plimsoll deploy proxy, and https://")]
    try:
        ends, version = _shown(host, port)
    except ssl.SSLCertVerificationError as error:
        return [Finding(Level.FAULT, SUBJECT, *_refused(where, error))]
    except (ssl.SSLError, OSError, ValueError) as error:
        text = f"{where} cannot be asked for its certificate: {error}"
        return [Finding(Level.FAULT, SUBJECT, text, "is nginx running, and the port open?")]
    left = (ends - (now or datetime.now(UTC))).total_seconds() / 86_400
    text = f"the certificate of {where} ends on {ends:%Y-%m-%d}, in {left:.0f} days; {version}"
    if left < MIN_CERTIFICATE_DAYS:
        return [Finding(Level.WARNING, SUBJECT, text, "certbot renew; systemctl reload nginx")]
    return [Finding(Level.OK, SUBJECT, text)]


def _parts(url: str) -> Any:
    wanted = f"expected an address like https://bot.example.org, found {url!r}"
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError as error:
        raise UsageError(wanted) from error
    if not known:
        raise UsageError(wanted)
    if parts.username is not None or parts.password is not None:
        raise UsageError("expected an address without a password in it")
    return parts


def _shown(host: str, port: int) -> tuple[datetime, str]:
    """Return when a host's certificate ends, once it is found good, and the version of TLS."""
    context = ssl.create_default_context()
    with (
        socket.create_connection((host, port), timeout=TIMEOUT_SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=host) as wrapped,
    ):
        seen = wrapped.getpeercert() or {}
        ends = ssl.cert_time_to_seconds(str(seen["notAfter"]))
        return datetime.fromtimestamp(ends, UTC), str(wrapped.version())


def _refused(where: str, error: ssl.SSLCertVerificationError) -> tuple[str, str]:
    if error.verify_code == EXPIRED:
        return f"the certificate of {where} has expired", "certbot renew; systemctl reload nginx"
    if error.verify_code == NOT_YET:
        return f"the certificate of {where} is not valid yet", "look at this machine's clock"
    if error.verify_code in (WRONG_NAME, WRONG_ADDRESS):
        text = f"the certificate of {where} is of another name: {error.verify_message}"
        return text, "a certificate of this name, or the name in the certificate"
    text = f"the certificate of {where} is not trusted here: {error.verify_message}"
    return text, "one of a known authority with its whole chain, or trust your own"


def _address(api: dict[str, Any]) -> Iterator[Finding]:
    listens = str(api.get("listen_ip_address", ""))
    try:
        address = ipaddress.ip_address(listens)
    except ValueError:
        text = f"expected an address to listen on, found {listens!r}"
        yield Finding(Level.FAULT, SUBJECT, text, "listen_ip_address: 127.0.0.1")
        return
    if address.is_loopback:
        return
    text = f"listens on {listens} without encryption"
    if address.is_unspecified and any(file.exists() for file in IN_CONTAINER):
        remedy = "publish its port as 127.0.0.1:8080:8080, as docker/compose.yml does"
        yield Finding(Level.WARNING, SUBJECT, f"{text}, in a container", remedy)
        return
    remedy = "listen_ip_address: 127.0.0.1, and plimsoll deploy proxy before it"
    yield Finding(Level.FAULT, SUBJECT, text, remedy)


def _secrets(api: dict[str, Any]) -> Iterator[Finding]:
    password, key = str(api.get("password") or ""), str(api.get("jwt_secret_key") or "")
    if reason := _weak(password, str(api.get("username") or "")):
        yield Finding(Level.FAULT, SUBJECT, f"its password {reason}", GENERATE)
    if len(key.encode()) < MIN_TOKEN_KEY_BYTES or _weak(key, ""):
        text = f"jwt_secret_key is shorter than {MIN_TOKEN_KEY_BYTES} bytes or easily guessed"
        yield Finding(Level.FAULT, SUBJECT, f"{text}: who guesses it needs no password", GENERATE)
    if key and key == password:
        text = "password and jwt_secret_key are the same"
        yield Finding(Level.FAULT, SUBJECT, text, "two different ones")
    tokens = api.get("ws_token") or []
    for token in tokens if isinstance(tokens, list) else [tokens]:
        if reason := _weak(str(token), ""):
            yield Finding(Level.FAULT, SUBJECT, f"a ws_token {reason}", GENERATE)


def _weak(secret: str, username: str) -> str:
    """Return why a secret is easily guessed, never the secret; empty when it is not."""
    if not secret:
        return "is empty"
    if secret.lower() in SHOWN_IN_EXAMPLES:
        return "is that of an example"
    if username and username.lower() in secret.lower():
        return "contains the user's name"
    if len(secret) < MIN_PASSWORD_CHARACTERS:
        return f"has fewer than {MIN_PASSWORD_CHARACTERS} characters"
    if len(set(secret)) < MIN_DIFFERENT_CHARACTERS:
        return f"has fewer than {MIN_DIFFERENT_CHARACTERS} different characters"
    return ""


def _extras(api: dict[str, Any]) -> Iterator[Finding]:
    origins = api.get("CORS_origins") or []
    if "*" in (origins if isinstance(origins, list) else [origins]):
        text = "CORS_origins lets every page of a browser ask it"
        yield Finding(Level.FAULT, SUBJECT, text, "name the origins, or none")
    if api.get("enable_openapi"):
        text = "enable_openapi shows its documentation to whoever reaches it"
        yield Finding(Level.WARNING, SUBJECT, text, "enable_openapi: false")
