"""Any value as canonical JSON without secrets, and the hash that seals a record."""

import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import sha256
from math import isfinite
from typing import Any
from urllib.parse import quote

import orjson

from plimsoll.core.addresses import without_password

REDACTED = "***"
SEALED = ("seq", "previous", "hash")
"""Keys that a record's chain owns; a field of such a name gets an underscore."""

_MAX_DEPTH = 50
_LEAST_PART = 6
"""Shorter secrets are replaced only where they are a whole value, not within a text."""

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_SECRET_WORDS = frozenset(
    [
        *("token", "tokens", "password", "passwords", "passwd", "pwd", "passphrase"),
        *("secret", "secrets", "key", "keys", "apikey", "apikeys", "secretkey", "privatekey"),
        *("credential", "credentials", "mnemonic", "uid"),
    ]
)
_SECRET_PAIRS = (("chat", "id"), ("account", "id"), ("wallet", "address"), ("webhook", "url"))
_USER_IN_URL = re.compile(r"(?<=://)[^/\s@]+(?=@)")


def sealed(record: dict[str, Any]) -> bytes:
    """Add its hash to a canonical record and return its line: sorted keys, no spaces, UTF-8.

    The hash is the SHA-256 of the line without the member ``hash``.
    """
    record["hash"] = sha256(orjson.dumps(record, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS) + b"\n"


def unsealed(line: bytes) -> dict[str, Any]:
    """Read one line (without its end) and check its hash against its bytes.

    Raises
    ------
    ValueError
        What is wrong with it.
    """
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise ValueError("this is not a JSON record") from None
    if type(record) is not dict or type(record.get("hash")) is not str:
        raise ValueError("this is not a record with a hash")
    member = b'"hash":"' + record["hash"].encode() + b'",'
    body = line.replace(member, b"")
    if len(line) - len(body) != len(member) or sha256(body).hexdigest() != record["hash"]:
        raise ValueError("the record was changed: its bytes do not give its hash")
    if type(record.get("seq")) is not int:
        raise ValueError("the record has no sequence number")
    if not all(isinstance(record.get(name), str) for name in ("at", "kind", "previous")):
        raise ValueError("the record has no time, no kind or no previous hash")
    return record


@lru_cache(maxsize=4096)
def names_secret(key: str, parent: str = "") -> bool:
    """Whether a key, read with the key that holds it, names something confidential.

    A pair never does, though there are coins called KEY and TOKEN.
    """
    if "/" in key:
        return False
    words = {word.lower() for word in _WORD.findall(key)}
    if words & _SECRET_WORDS:
        return True
    words |= {word.lower() for word in _WORD.findall(parent)} if "/" not in parent else set()
    return any(first in words and second in words for first, second in _SECRET_PAIRS)


class Canonical:
    """Turn values into canonical JSON values, always the same way, without secrets.

    Numbers that JSON cannot represent become text (``"nan"``, ``"-inf"``, integers beyond 64
    bits, ``Decimal``); moments become ISO 8601 in UTC, durations seconds, enumerations their
    text or else their name, NumPy and pandas values lists and numbers. Nothing raises.
    """

    def __init__(self, secrets: Iterable[object] = ()) -> None:
        known = {str(secret) for secret in secrets if secret is not None} - {"", REDACTED}
        known |= {quote(secret, safe="") for secret in known}
        parts = sorted((s for s in known if len(s) >= _LEAST_PART), key=len, reverse=True)
        self._whole = known
        self._numbers = {int(secret) for secret in known if re.fullmatch(r"-?[0-9]{1,18}", secret)}
        self._parts = re.compile("|".join(map(re.escape, parts))) if parts else None

    def value(self, value: Any) -> Any:
        """Return ``value`` in canonical form."""
        return self._value(value, "", ())

    def mapping(self, values: Mapping[Any, Any]) -> dict[str, Any]:
        """Return ``values`` with text keys and canonical values."""
        return self._mapping(values.items(), "", ())

    def _value(self, value: Any, parent: str, above: tuple[int, ...]) -> Any:
        kind = type(value)
        if kind is str:
            return self._text(value)
        if value is None or kind is bool:
            return value
        if kind is float:
            return value if isfinite(value) else _number_name(value)
        if kind is int:
            return self._integer(value)
        if len(above) >= _MAX_DEPTH or id(value) in above:
            return "…"
        if kind is dict:
            return self._mapping(value.items(), parent, (*above, id(value)))
        if kind is list or kind is tuple:
            inner = (*above, id(value))
            return [self._value(item, parent, inner) for item in value]
        try:
            return self._uncommon(value, parent, (*above, id(value)))
        except Exception:  # noqa: BLE001 - a value that fails to convert must not stop the log
            return f"<{kind.__name__}>"

    def _mapping(
        self, items: Iterable[tuple[Any, Any]], parent: str, above: tuple[int, ...]
    ) -> dict[str, Any]:
        mapped: dict[str, Any] = {}
        for key, value in items:
            name = self._text(key) if type(key) is str else self._key(key, above)
            while name in mapped:
                name += "_"
            if value is None or value is True or value is False:
                mapped[name] = value
            elif names_secret(name, parent):
                mapped[name] = "" if type(value) is str and not value else REDACTED
            else:
                mapped[name] = self._value(value, name, above)
        return mapped

    def _key(self, key: Any, above: tuple[int, ...]) -> str:
        name = self._value(key, "", above)
        return name if isinstance(name, str) else orjson.dumps(name).decode()

    def _text(self, text: str) -> str:
        if not text.isascii():
            text = text.encode("utf-8", "backslashreplace").decode("utf-8")
        if text in self._whole:
            return REDACTED
        if self._parts is not None:
            text = self._parts.sub(REDACTED, text)
        return _USER_IN_URL.sub(REDACTED, without_password(text)) if "://" in text else text

    def _integer(self, value: int) -> int | str:
        if value in self._numbers:
            return REDACTED
        if -(2**63) <= value < 2**64:
            return value
        return str(value) if value.bit_length() < 10_000 else hex(value)

    def _uncommon(self, value: Any, parent: str, above: tuple[int, ...]) -> Any:
        if isinstance(value, Enum):
            return self._text(value.value if isinstance(value.value, str) else value.name)
        if isinstance(value, str | float | int):
            plain = str if isinstance(value, str) else float if isinstance(value, float) else int
            return self._value(plain(value), parent, above)
        if isinstance(value, datetime | date | time | timedelta):
            return moment_text(value)
        if isinstance(value, Decimal):
            return self._text(str(value) if value.is_finite() else _number_name(float(value)))
        if isinstance(value, bytes | bytearray):
            return self._text(value.decode("utf-8", "backslashreplace"))
        if isinstance(value, BaseException):
            return self._text(f"{type(value).__name__}: {value}")
        items = _items(value)
        if items is not None:
            return self._mapping(items, parent, above)
        if isinstance(value, Set):
            return sorted((self._value(v, parent, above) for v in value), key=orjson.dumps)
        if hasattr(value, "tolist"):  # NumPy's numbers and arrays
            listed = value.tolist()
            return self._value(float(value) if type(listed) is type(value) else listed, "", above)
        if isinstance(value, Iterable) and not isinstance(value, Iterator):
            return [self._value(item, parent, above) for item in value]
        return self._text(str(value))


def moment_text(value: datetime | date | time | timedelta) -> str | float:
    """Return a moment in ISO 8601, in UTC with a ``Z`` where it has a zone; seconds of a span."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.isoformat()


def _items(value: Any) -> Iterable[tuple[Any, Any]] | None:
    if isinstance(value, Mapping):
        return value.items()
    if is_dataclass(value) and not isinstance(value, type):
        return [(field.name, getattr(value, field.name)) for field in fields(value)]
    for method in ("model_dump", "to_dict"):  # pydantic; pandas
        if hasattr(value, method) and not isinstance(value, type):
            mapping: Mapping[Any, Any] = getattr(value, method)()
            return mapping.items()
    return None


def _number_name(value: float) -> str:
    return "nan" if value != value else "inf" if value > 0 else "-inf"
