from collections.abc import Callable

import pytest

from plimsoll.venue.api.parameters import integer, interval_of, limit_of, required, window_of
from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.base import Window


def test_a_window_takes_start_end_and_limit() -> None:
    asked = {"startTime": "1000", "endTime": "2000", "limit": "7"}
    assert window_of(asked, default=500, maximum=1500) == Window(1000, 2000, 7)
    assert window_of({}, default=500, maximum=1500) == Window(None, None, 500)


def test_a_window_of_one_instant_is_allowed() -> None:
    asked = {"startTime": "1000", "endTime": "1000"}
    assert window_of(asked, default=1, maximum=1) == Window(1000, 1000, 1)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: required({"symbol": ""}, "symbol"), -1102),
        (lambda: integer({"limit": "1e3"}, "limit"), -1100),
        (lambda: limit_of({"limit": "0"}, default=5, maximum=10), -1130),
        (lambda: limit_of({"limit": "11"}, default=5, maximum=10), -1130),
        (lambda: interval_of({"interval": "7m"}), -1120),
        (lambda: window_of({"startTime": "2", "endTime": "1"}, default=5, maximum=10), -1023),
    ],
)
def test_a_bad_parameter_has_binance_s_code(call: Callable[[], object], code: int) -> None:
    with pytest.raises(ApiError) as refused:
        call()
    assert refused.value.code == code


@pytest.mark.parametrize("limit", [1, 10])
def test_the_bounds_of_a_limit_are_allowed(limit: int) -> None:
    assert limit_of({"limit": str(limit)}, default=5, maximum=10) == limit
