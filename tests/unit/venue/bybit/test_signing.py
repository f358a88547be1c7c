from dataclasses import replace

import pytest

from plimsoll.venue.bybit.envelope import BybitError
from plimsoll.venue.bybit.signing import SignedRequest, check, signed_request
from plimsoll.venue.clock import Clock
from plimsoll.venue.keys import DEFAULT_PAIR, READ, TRADE, KeyPair, KeyRing
from tests.unit.venue.bybit.asking import headers
from tests.unit.venue.markets import NOW_MS

QUERY = "category=linear&symbol=BTCUSDT"


def request(now_ms: int = NOW_MS, pair: KeyPair = DEFAULT_PAIR) -> SignedRequest:
    return signed_request(headers(now_ms, QUERY, pair), QUERY, "", {})


def code_of(sent: SignedRequest, keys: KeyRing | None = None, needed: str = READ) -> int:
    clock = Clock(NOW_MS, monotonic=lambda: 0.0)
    try:
        check(keys or KeyRing(), sent, needed, clock, 0)
    except BybitError as error:
        return error.code
    return 0


def test_a_request_that_is_signed_passes() -> None:
    assert code_of(request()) == 0
    assert code_of(request(), needed=TRADE) == 0


def test_the_body_is_signed_and_not_the_query() -> None:
    body = '{"symbol":"BTCUSDT"}'
    sent = signed_request(headers(NOW_MS, body), "", body, {})
    assert code_of(sent) == 0
    assert code_of(replace(sent, body=body + " ")) == 10004


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"key": ""}, 10003),
        ({"key": "nobody"}, 10003),
        ({"sign": ""}, 10004),
        ({"sign": "0" * 64}, 10004),
        ({"query": QUERY + "&limit=1"}, 10004),
        ({"window": "9000"}, 10004),
        ({"timestamp": ""}, 10001),
        ({"timestamp": "soon"}, 10001),
        ({"window": "-1"}, 10001),
    ],
)
def test_a_request_that_is_not_what_was_signed_is_refused(
    changed: dict[str, str], code: int
) -> None:
    assert code_of(replace(request(), **changed)) == code  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("off_ms", "code"), [(-5_000, 0), (-5_001, 10002), (999, 0), (1_000, 10002)]
)
def test_a_timestamp_must_be_in_the_window(off_ms: int, code: int) -> None:
    assert code_of(request(NOW_MS + off_ms)) == code


def test_a_key_that_may_only_read_does_not_trade() -> None:
    reader = KeyPair("watch", "w", frozenset({READ}))
    keys = KeyRing((reader,))
    assert code_of(request(pair=reader), keys) == 0
    assert code_of(request(pair=reader), keys, TRADE) == 10005
