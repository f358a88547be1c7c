from types import SimpleNamespace
from typing import Any, cast

import orjson
import pytest

from plimsoll.venue.api.binance import BinanceDialect
from plimsoll.venue.keys import KeyRing, Request
from tests.unit.venue.markets import NOW_MS, exchange_at


def answered(dialect: BinanceDialect, method: str, path: str, **parameters: str) -> tuple[int, Any]:
    asked = cast(Any, SimpleNamespace(method=method, path=path))
    answer = dialect.outcome(asked, Request("", "", "", parameters), NOW_MS)
    return answer.status, orjson.loads(cast(bytes, answer.body))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/fapi/v1/nothing", 404, -5000),
        ("POST", "/fapi/v1/time", 404, -5000),
        ("GET", "/fapi/v2/balance", 401, -2014),
        ("POST", "/fapi/v1/listenKey", 401, -2014),
        ("GET", "/fapi/v1/klines", 400, -1102),
    ],
)
def test_a_refusal_is_in_binances_shape(method: str, path: str, status: int, code: int) -> None:
    exchange = exchange_at()
    found = answered(BinanceDialect(exchange, KeyRing()), method, path)
    assert (found[0], found[1]["code"]) == (status, code)
    assert exchange.stats.refused == 1


def test_a_public_question_is_answered_under_the_active_faults() -> None:
    exchange = exchange_at()
    exchange.start_fault({"kind": "clock-skew", "skew_seconds": 10})
    dialect = BinanceDialect(exchange, KeyRing())
    assert answered(dialect, "GET", "/fapi/v1/time") == (200, {"serverTime": NOW_MS + 10_000})
    assert dialect.outage().status == 503
    assert (
        dialect.refused(exchange.start_fault({"kind": "http-error", "status": 429})).status == 429
    )
