import pytest

from plimsoll.venue.bybit.envelope import BybitError
from plimsoll.venue.bybit.rate_limits import ADDRESS_LIMIT, RateLimits

CREATE = "/v5/order/create"


def test_headers_count_down_within_a_second() -> None:
    limits = RateLimits()
    left = [limits.charge(CREATE, 1000 + n)["X-Bapi-Limit-Status"] for n in range(12)]
    assert left == [str(max(9 - n, 0)) for n in range(12)]
    assert limits.charge(CREATE, 3000)["X-Bapi-Limit-Status"] == "9"
    assert limits.charge("/v5/order/realtime", 3000)["X-Bapi-Limit"] == "50"


def test_above_the_limit_is_10006_when_enforced() -> None:
    limits = RateLimits(enforced=True)
    for n in range(10):
        limits.charge(CREATE, n)
    with pytest.raises(BybitError) as refused:
        limits.charge(CREATE, 10)
    assert refused.value.code == 10006
    limits.charge(CREATE, 1_010)


def test_an_address_has_600_requests_in_five_seconds() -> None:
    limits = RateLimits(enforced=True)
    assert all(limits.charge_address(0) for _ in range(ADDRESS_LIMIT))
    assert not limits.charge_address(4_999)
    assert limits.charge_address(10_000)
    assert all(RateLimits().charge_address(0) for _ in range(ADDRESS_LIMIT + 1))
