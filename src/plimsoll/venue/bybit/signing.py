"""How a request to Bybit v5 proves who sent it.

Source: bybit-exchange.github.io/docs/v5/guide, "Authentication": the HMAC-SHA256, in lower-case
hexadecimal, of timestamp, key, receive window, and the query string (GET) or the body (POST).
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from plimsoll.venue.bybit.envelope import (
    DENIED,
    EXPIRED,
    KEY_INVALID,
    SIGN_INVALID,
    BybitError,
    invalid,
)
from plimsoll.venue.clock import Clock
from plimsoll.venue.errors import ApiError
from plimsoll.venue.keys import DEFAULT_WINDOW_MS, KeyPair, KeyRing, Request, lateness, signature

KEY, TIMESTAMP = "X-BAPI-API-KEY", "X-BAPI-TIMESTAMP"
WINDOW, SIGN = "X-BAPI-RECV-WINDOW", "X-BAPI-SIGN"


@dataclass(frozen=True)
class SignedRequest(Request):
    """A request with the headers that sign it."""

    timestamp: str
    window: str
    sign: str


def signed_request(
    headers: Mapping[str, str], query: str, body: str, parameters: Mapping[str, str]
) -> SignedRequest:
    """Return a request with what its headers say of the sender; absent ones are empty."""
    key, timestamp = headers.get(KEY, ""), headers.get(TIMESTAMP, "")
    window, sign = headers.get(WINDOW, ""), headers.get(SIGN, "")
    return SignedRequest(key, query, body, parameters, timestamp, window, sign)


def check(keys: KeyRing, sent: SignedRequest, needed: str, clock: Clock, skew_ms: int) -> KeyPair:
    """Return the pair that signed the request.

    Raises `BybitError`: 10003 for no key or a stranger's, 10002 for a timestamp out of the
    window, 10004 for a wrong signature, 10005 for a key that may not, 10001 for what is no number.
    """
    try:
        pair = keys.identify(sent.key)
    except ApiError:
        raise BybitError(KEY_INVALID, "API key is invalid.", 401) from None
    sent_ms = _number(TIMESTAMP, sent.timestamp)
    window_ms = _number(WINDOW, sent.window) if sent.window else DEFAULT_WINDOW_MS
    if lateness(sent_ms, window_ms, clock, skew_ms) is not None:
        text = "invalid request, please check your server timestamp or recv_window param."
        now_ms = clock.now_ms() + skew_ms
        seen = f"req_timestamp[{sent_ms}],server_timestamp[{now_ms}],recv_window[{window_ms}]"
        raise BybitError(EXPIRED, f"{text} {seen}")
    origin = sent.timestamp + sent.key + sent.window + (sent.body or sent.query)
    if not hmac.compare_digest(sent.sign.encode(), signature(pair.secret, origin).encode()):
        raise BybitError(SIGN_INVALID, f"error sign! origin_string[{origin}]")
    if needed not in pair.permissions:
        text = "Permission denied, please check your API key permissions."
        raise BybitError(DENIED, text)
    return pair


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise invalid(f"{name} invalid")
    return int(text)
