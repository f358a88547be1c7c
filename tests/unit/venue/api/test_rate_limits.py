import pytest

from plimsoll.venue.api.rate_limits import (
    SPOT_TARIFF,
    RateLimitError,
    RateLimits,
    orders_in,
    weight_of,
)

NOW_MS = 1_735_689_600_000
KLINES = "/fapi/v1/klines"


@pytest.mark.parametrize(
    ("method", "path", "parameters", "weight"),
    [
        ("GET", KLINES, {"limit": "99"}, 1),
        ("GET", KLINES, {"limit": "100"}, 2),
        ("GET", KLINES, {}, 5),
        ("GET", KLINES, {"limit": "1000"}, 5),
        ("GET", KLINES, {"limit": "1500"}, 10),
        ("GET", "/fapi/v1/depth", {"limit": "50"}, 2),
        ("GET", "/fapi/v1/depth", {"limit": "1000"}, 20),
        ("GET", "/fapi/v1/ticker/24hr", {"symbol": "BTCUSDT"}, 1),
        ("GET", "/fapi/v1/ticker/24hr", {}, 40),
        ("GET", "/fapi/v1/openOrders", {}, 40),
        ("GET", "/fapi/v1/income", {}, 30),
        ("GET", "/fapi/v1/ping", {}, 1),
        ("POST", "/fapi/v1/order", {}, 0),
        ("DELETE", "/fapi/v1/order", {}, 1),
        ("POST", "/fapi/v1/countdownCancelAll", {}, 10),
        ("GET", "/futures/data/basis", {}, 0),
    ],
)
def test_a_request_costs_what_its_page_says(
    method: str, path: str, parameters: dict[str, str], weight: int
) -> None:
    assert weight_of(method, path, parameters) == weight


def spend(limits: RateLimits, times: int, now_ms: int = NOW_MS) -> int:
    """Return the status of the last of so many requests of weight 40."""
    status = 200
    for _ in range(times):
        try:
            limits.charge("GET", "/fapi/v1/openOrders", {}, now_ms)
            status = 200
        except RateLimitError as error:
            status = error.status
    return status


def test_the_weight_is_told_and_begins_anew_each_minute() -> None:
    limits = RateLimits()
    limits.charge("GET", "/fapi/v1/ping", {}, NOW_MS)
    assert limits.charge("GET", KLINES, {}, NOW_MS + 59_999) == {"X-MBX-USED-WEIGHT-1M": "6"}
    assert limits.charge("GET", KLINES, {}, NOW_MS + 60_000) == {"X-MBX-USED-WEIGHT-1M": "5"}


def test_who_exceeds_the_weight_is_told_to_wait_until_the_minute_is_over() -> None:
    limits = RateLimits(enforced=True)
    assert spend(limits, 60) == 200
    with pytest.raises(RateLimitError, match="2400 requests per minute") as refused:
        limits.charge("GET", "/fapi/v1/ping", {}, NOW_MS + 20_000)
    assert (refused.value.status, refused.value.code) == (429, -1003)
    assert refused.value.headers["Retry-After"] == "40"
    assert spend(limits, 1, NOW_MS + 60_000) == 200


def test_who_goes_on_is_banned_and_longer_each_time() -> None:
    limits = RateLimits(enforced=True)
    assert spend(limits, 60 + 10) == 429
    assert spend(limits, 1) == 418
    assert spend(limits, 1, NOW_MS + 119_000) == 418
    assert spend(limits, 1, NOW_MS + 120_000) == 200
    assert spend(limits, 60 + 11, NOW_MS + 180_000) == 418
    assert spend(limits, 1, NOW_MS + 180_000 + 239_000) == 418
    assert spend(limits, 1, NOW_MS + 180_000 + 240_000) == 200


def test_unless_enforced_nobody_waits() -> None:
    assert spend(RateLimits(), 500) == 200


def test_orders_have_limits_of_their_own() -> None:
    limits = RateLimits(enforced=True)
    for number in range(1, 301):
        headers = limits.charge("POST", "/fapi/v1/order", {}, NOW_MS)
        assert headers["X-MBX-ORDER-COUNT-10S"] == str(number)
    with pytest.raises(RateLimitError, match="Too many new orders") as refused:
        limits.charge("POST", "/fapi/v1/order", {}, NOW_MS + 4_000)
    assert (refused.value.status, refused.value.code) == (429, -1015)
    assert refused.value.headers["Retry-After"] == "6"
    assert limits.charge("POST", "/fapi/v1/order", {}, NOW_MS + 10_000)[
        "X-MBX-ORDER-COUNT-1M"
    ] == str(302)
    assert orders_in("POST", "/fapi/v1/batchOrders") == 5
    assert orders_in("DELETE", "/fapi/v1/order") == 0


@pytest.mark.parametrize(
    ("method", "path", "parameters", "weight"),
    [
        ("GET", "/api/v3/ping", {}, 1),
        ("GET", "/api/v3/exchangeInfo", {}, 20),
        ("GET", "/api/v3/klines", {"limit": "1000"}, 2),
        ("GET", "/api/v3/depth", {}, 5),
        ("GET", "/api/v3/depth", {"limit": "100"}, 5),
        ("GET", "/api/v3/depth", {"limit": "101"}, 25),
        ("GET", "/api/v3/depth", {"limit": "1000"}, 50),
        ("GET", "/api/v3/depth", {"limit": "5000"}, 250),
        ("GET", "/api/v3/ticker/24hr", {"symbol": "BTCUSDT"}, 2),
        ("GET", "/api/v3/ticker/24hr", {}, 80),
        ("GET", "/api/v3/openOrders", {}, 80),
        ("DELETE", "/api/v3/openOrders", {}, 1),
        ("POST", "/api/v3/order", {}, 1),
        ("GET", "/sapi/v1/spot/delist-schedule", {}, 0),
    ],
)
def test_spot_has_a_tariff_of_its_own(
    method: str, path: str, parameters: dict[str, str], weight: int
) -> None:
    assert SPOT_TARIFF.weight_of(method, path, parameters) == weight


def test_spots_orders_are_counted_in_ten_seconds_and_a_day() -> None:
    limits = RateLimits(enforced=True, tariff=SPOT_TARIFF)
    told = [limits.charge("POST", "/api/v3/order", {}, 5_000) for _ in range(100)]
    headers = told[-1]
    assert (headers["X-MBX-ORDER-COUNT-10S"], headers["X-MBX-ORDER-COUNT-1D"]) == ("100", "100")
    with pytest.raises(RateLimitError, match="100 orders per 10S"):
        limits.charge("POST", "/api/v3/order", {}, 5_000)
    assert limits.charge("POST", "/api/v3/order", {}, 10_000)["X-MBX-ORDER-COUNT-10S"] == "1"
