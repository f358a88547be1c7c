import json
from pathlib import Path

import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.clock import Clock
from plimsoll.venue.errors import ApiError
from plimsoll.venue.keys import (
    DEFAULT_PAIR,
    READ,
    TRADE,
    KeyFile,
    KeyPair,
    KeyRing,
    Request,
    read_pairs,
    signature,
)

NOW_MS = 1_735_689_600_000
DOCUMENTED = KeyPair("k", "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9")


def request(query: str, *, pair: KeyPair = DEFAULT_PAIR, key: str | None = None) -> Request:
    """Return a request whose query is signed."""
    proven = f"{query}&signature={signature(pair.secret, query)}"
    parameters = dict(part.split("=") for part in proven.split("&"))
    return Request(pair.key if key is None else key, proven, "", parameters)


def refused(asked: Request, *, needed: str = READ, skew_ms: int = 0, speed: float = 1) -> int:
    """Return the code of the refusal, 0 when there is none."""
    clock = Clock(NOW_MS, speed=speed, monotonic=lambda: 1000.0)
    try:
        KeyRing().check(asked, needed, clock, skew_ms)
    except ApiError as error:
        return error.code
    return 0


def test_the_signature_is_the_one_of_binances_own_example() -> None:
    # Binance USD-M API, "SIGNED Endpoint Examples for POST /fapi/v1/order".
    query = (
        "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC"
        "&recvWindow=5000&timestamp=1591702613943"
    )
    proof = "3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
    assert signature(DOCUMENTED.secret, query) == proof


def test_a_key_is_needed_and_must_be_known() -> None:
    asked = f"timestamp={NOW_MS}"
    assert refused(request(asked, key="")) == -2014
    assert refused(request(asked, key="stranger")) == -2015
    assert refused(request(asked)) == 0


def test_a_permission_is_needed_for_what_changes_the_account() -> None:
    ring = KeyRing([KeyPair("reader", "s", frozenset({READ}))])
    asked = request(f"timestamp={NOW_MS}", pair=ring.first)
    ring.check(asked, READ, Clock(NOW_MS, stepped=True), 0)
    with pytest.raises(ApiError, match="permissions for action"):
        ring.check(asked, TRADE, Clock(NOW_MS, stepped=True), 0)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("symbol=BTCUSDT", -1102),
        ("timestamp=", -1102),
        ("timestamp=noon", -1100),
        (f"timestamp={NOW_MS}&recvWindow=-5", -1100),
        (f"timestamp={NOW_MS}&recvWindow=60001", -1131),
        (f"timestamp={NOW_MS}&recvWindow=60000", 0),
        (f"timestamp={NOW_MS - 5_000}", 0),
        (f"timestamp={NOW_MS - 5_001}", -1021),
        (f"timestamp={NOW_MS - 9_000}&recvWindow=10000", 0),
        (f"timestamp={NOW_MS + 999}", 0),
        (f"timestamp={NOW_MS + 1_000}", -1021),
    ],
)
def test_time_and_window_are_checked_as_binance_does(query: str, code: int) -> None:
    assert refused(request(query)) == code


def test_a_timestamp_ahead_is_told_so() -> None:
    with pytest.raises(ApiError, match="1000ms ahead"):
        KeyRing().check(
            request(f"timestamp={NOW_MS + 5_000}"), READ, Clock(NOW_MS, stepped=True), 0
        )


def test_a_fast_clock_forgives_what_speed_makes_and_no_more() -> None:
    assert refused(request(f"timestamp={NOW_MS + 100_000}"), speed=60) == 0
    assert refused(request(f"timestamp={NOW_MS + 200_000}"), speed=60) == -1021


@pytest.mark.parametrize("speed", [1, 120])
@pytest.mark.parametrize(("skew_ms", "code"), [(30_000, -1021), (-30_000, -1021), (3_000, 0)])
def test_a_skewed_clock_refuses_at_any_speed(skew_ms: int, code: int, speed: float) -> None:
    assert refused(request(f"timestamp={NOW_MS}"), skew_ms=skew_ms, speed=speed) == code


def test_a_client_that_follows_the_skewed_clock_is_served() -> None:
    assert refused(request(f"timestamp={NOW_MS + 30_000}"), skew_ms=30_000) == 0


def test_a_changed_request_is_not_the_signed_one() -> None:
    asked = request(f"quantity=1&timestamp={NOW_MS}")
    changed = Request(asked.key, asked.query.replace("=1&", "=9&"), "", asked.parameters)
    assert refused(changed) == -1022
    unsigned = Request(asked.key, "", "", {"timestamp": str(NOW_MS)})
    assert refused(unsigned) == -1102


def test_pairs_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    rows = [{"key": "a", "secret": "b"}, {"key": "c", "secret": "d", "permissions": ["read"]}]
    path.write_text(json.dumps(rows))
    first, second = read_pairs(path)
    assert first == KeyPair("a", "b", frozenset({READ, TRADE}))
    assert second == KeyPair("c", "d", frozenset({READ}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "expected JSON"),
        ("[]", "expected a list"),
        ('[{"key": "a"}]', 'expected {"key"'),
        ('[{"key": "a", "secret": "b", "permissions": ["fly"]}]', "withdraw"),
        ('[{"key": "a", "secret": "b", "role": "x"}]', 'expected {"key"'),
        ('[{"key": "a", "secret": "b"}, {"key": "a", "secret": "c"}]', "each key once"),
    ],
)
def test_a_file_that_holds_no_pairs_is_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(UsageError, match=message):
        read_pairs(path)


def test_a_key_is_given_and_revoked_by_writing_the_file(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    one, other = {"key": "a", "secret": "b"}, {"key": "cc", "secret": "d"}
    path.write_text(json.dumps([one]))
    ring = KeyFile(path)
    path.write_text(json.dumps([one, other]))
    assert (ring.identify("a").secret, ring.identify("cc").secret) == ("b", "d")
    path.write_text("half a fi")
    assert ring.identify("cc").secret == "d", "a file that cannot be read changes nothing"
    path.write_text(json.dumps([other]))
    assert ring.identify("cc").secret == "d"
    with pytest.raises(ApiError, match="Invalid API-key"):
        ring.identify("a")
    path.unlink()
    assert ring.identify("cc").secret == "d"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read the keys"):
        read_pairs(tmp_path / "none.json")
