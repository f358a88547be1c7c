"""API keys of the simulated exchange: pairs, what each may do, and how a request proves itself.

Source of the rules: Binance USD-M API, "General info", SIGNED endpoint security.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plimsoll.core.errors import UsageError
from plimsoll.venue.clock import Clock
from plimsoll.venue.errors import ApiError

READ, TRADE, WITHDRAW = "read", "trade", "withdraw"
PERMISSIONS = (READ, TRADE, WITHDRAW)
DEFAULT_WINDOW_MS, MAX_WINDOW_MS = 5_000, 60_000
AHEAD_MS = 1_000
"""A timestamp may be that much later than the exchange's clock."""


@dataclass(frozen=True)
class KeyPair:
    """A key, its secret and what it may do."""

    key: str
    secret: str
    permissions: frozenset[str] = frozenset({READ, TRADE})


DEFAULT_PAIR = KeyPair("plimsoll-venue-key", "plimsoll-venue-secret")
"""Written into the config of every venue: it guards money that does not exist."""


@dataclass(frozen=True)
class Request:
    """The part of an HTTP request that proves who sent it.

    `query` and `body` are the texts as sent: what a client signed is their concatenation.
    """

    key: str
    query: str
    body: str
    parameters: Mapping[str, str]


class KeyRing:
    """The pairs that an exchange knows."""

    def __init__(self, pairs: Iterable[KeyPair] = (DEFAULT_PAIR,)) -> None:
        self._pairs = {pair.key: pair for pair in pairs}

    @property
    def first(self) -> KeyPair:
        """The pair that the written config names."""
        return next(iter(self._pairs.values()))

    def identify(self, key: str) -> KeyPair:
        """Return the pair of a key; raises `ApiError` -2014 for none and -2015 for a stranger."""
        if not key:
            raise ApiError(-2014, "API-key format invalid.", 401)
        pair = self._pairs.get(key)
        if pair is None:
            raise _no_permission()
        return pair

    def check(self, request: Request, needed: str, clock: Clock, skew_ms: int) -> None:
        """Raise `ApiError` unless the request is signed by a key that may do what it asks.

        `skew_ms` is by how much a fault puts the exchange's clock off.
        """
        pair = self.identify(request.key)
        if needed not in pair.permissions:
            raise _no_permission()
        _check_time(request.parameters, clock, skew_ms)
        given = _mandatory(request.parameters, "signature")
        signed = _without_signature(request.query) + _without_signature(request.body)
        if not hmac.compare_digest(given.encode(), signature(pair.secret, signed).encode()):
            raise ApiError(-1022, "Signature for this request is not valid.")


class KeyFile(KeyRing):
    """The pairs of a file, read again when it changes: a key is given and revoked by writing it.

    A file that cannot be read, or holds no pairs, changes nothing.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(read_pairs(path))
        self._path = path
        self._seen = _state(path)

    def identify(self, key: str) -> KeyPair:
        """Return the pair of a key, by the file as it is now; raises as `KeyRing.identify`."""
        state = _state(self._path)
        if state is not None and state != self._seen:
            self._seen = state
            with suppress(UsageError):
                self._pairs = {pair.key: pair for pair in read_pairs(self._path)}
        return super().identify(key)


def _state(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is written; ``None`` when it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def signature(secret: str, text: str) -> str:
    """Return the HMAC-SHA256 of a query string, in hexadecimal."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _no_permission() -> ApiError:
    return ApiError(-2015, "Invalid API-key, IP, or permissions for action.", 401)


def _mandatory(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name, "")
    if not value:
        text = f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."
        raise ApiError(-1102, text)
    return value


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        legal = "legal range is '^[0-9]{1,20}$'."
        raise ApiError(-1100, f"Illegal characters found in parameter '{name}'; {legal}")
    return int(text)


def lateness(sent_ms: int, window_ms: int, clock: Clock, skew_ms: int) -> str | None:
    """Return whether a timestamp is ``ahead`` of the clock or ``late``, ``None`` when in time.

    What a fast or stepped clock alone puts between client and exchange is forgiven.
    """
    late_ms = clock.now_ms() - sent_ms
    slack = clock.slack()
    own_doing = -slack.ahead_ms <= late_ms <= slack.late_ms
    late_or_skewed = (late_ms + skew_ms, skew_ms if own_doing else late_ms + skew_ms)
    if any(-AHEAD_MS < late <= window_ms for late in late_or_skewed):
        return None
    return "ahead" if max(late_or_skewed) <= -AHEAD_MS else "late"


def _check_time(parameters: Mapping[str, str], clock: Clock, skew_ms: int) -> None:
    """Refuse a timestamp outside of the receive window."""
    sent_ms = _whole("timestamp", _mandatory(parameters, "timestamp"))
    window_text = parameters.get("recvWindow", "")
    window_ms = _whole("recvWindow", window_text) if window_text else DEFAULT_WINDOW_MS
    if window_ms > MAX_WINDOW_MS:
        raise ApiError(-1131, f"recvWindow must be less than {MAX_WINDOW_MS}")
    found = lateness(sent_ms, window_ms, clock, skew_ms)
    if found == "ahead":
        text = f"Timestamp for this request was {AHEAD_MS}ms ahead of the server's time."
        raise ApiError(-1021, text)
    if found == "late":
        raise ApiError(-1021, "Timestamp for this request is outside of the recvWindow.")


def _without_signature(text: str) -> str:
    return "&".join(part for part in text.split("&") if not part.startswith("signature="))


def read_pairs(path: Path) -> tuple[KeyPair, ...]:
    """Return the pairs of a JSON file: a list of ``key``, ``secret`` and ``permissions``.

    Raises `UsageError` for a file that cannot be read or does not hold such a list.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the keys {path} ({error.strerror})") from error
    except ValueError as error:
        raise UsageError(f"expected JSON in the keys {path}: {error}") from None
    if not isinstance(rows, list) or not rows:
        raise UsageError(f"expected a list of key pairs in {path}")
    pairs = tuple(_pair(row, path) for row in rows)
    if len({pair.key for pair in pairs}) < len(pairs):
        raise UsageError(f"expected each key once in {path}")
    return pairs


def _pair(row: Any, path: Path) -> KeyPair:
    fields = row if isinstance(row, dict) else {}
    key, secret = fields.get("key"), fields.get("secret")
    permissions = fields.get("permissions", [READ, TRADE])
    known = isinstance(permissions, list) and all(one in PERMISSIONS for one in permissions)
    if (
        isinstance(key, str)
        and isinstance(secret, str)
        and (key and secret and known)
        and fields.keys() <= {"key", "secret", "permissions"}
    ):
        return KeyPair(key, secret, frozenset(permissions))
    raise UsageError(
        f'expected {{"key": "…", "secret": "…", "permissions": [{", ".join(PERMISSIONS)}]}} '
        f"for each pair in {path}"
    )
