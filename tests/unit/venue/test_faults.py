from typing import Any

import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import FAULTS, HTTP_ERROR
from tests.unit.venue.markets import exchange_at

BTC = {"symbol": "BTCUSDT"}
ORDER = ("POST", "/fapi/v1/order", "BTCUSDT")


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def hits(
    exchange: Exchange, requests: int, asked: tuple[str, str, str | None] = ORDER
) -> list[int]:
    """Which of so many equal requests an http-error hits."""
    now_ms = exchange.clock.now_ms()
    names, symbol = [asked[:2]], asked[2]
    return [n for n in range(requests) if exchange.faults.hit(HTTP_ERROR, names, symbol, now_ms)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, 'unknown fault "None"'),
        ({"kind": "gremlin"}, 'unknown fault "gremlin"; there are http-error'),
        ({"kind": "stale-book", "share": 0.5}, 'stale-book does not understand "share"'),
        ({"kind": "http-error", "share": 0}, 'expected "share" between'),
        ({"kind": "http-error", "share": float("nan")}, 'expected "share" between'),
        ({"kind": "http-error", "count": 1.5}, "whole number"),
        ({"kind": "http-error", "count": True}, 'expected "count"'),
        ({"kind": "http-error", "status": 200}, 'expected "status" between 400 and 599'),
        ({"kind": "http-error", "paths": "/fapi"}, 'expected "paths" to be a list'),
        ({"kind": "http-error", "symbols": []}, 'expected "symbols" to be a list'),
        ({"kind": "http-error", "symbols": ["FOOUSDT"]}, "unknown symbol FOOUSDT; served are BTC"),
        ({"kind": "no-answer", "after_acceptance": 1}, "true or false"),
        ({"kind": "reject-order", "reduce_only": "yes"}, "true or false"),
        ({"kind": "reject-order", "code": 200}, 'expected "code" between'),
        ({"kind": "expire-order", "code": -2022}, 'expire-order does not understand "code"'),
        ({"kind": "clock-skew", "duration_seconds": 0}, 'expected "duration_seconds"'),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(
    exchange: Exchange, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        exchange.start_fault(options)
    assert exchange.faults.started == []


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_lasts_for_its_duration_and_not_longer(exchange: Exchange, kind: str) -> None:
    exchange.start_fault({"kind": kind, "duration_seconds": 60})
    exchange.clock.step(59.999)
    assert exchange.faults.active(kind, exchange.clock.now_ms())
    exchange.clock.step(0.001)
    assert not exchange.faults.active(kind, exchange.clock.now_ms())


def test_a_fault_without_a_duration_lasts_until_it_is_ended(exchange: Exchange) -> None:
    first = exchange.start_fault({"kind": "clock-skew"})
    exchange.start_fault({"kind": "clock-skew"})
    exchange.clock.step(86_400)
    now_ms = exchange.clock.now_ms()
    assert [fault.id for fault in exchange.faults.end(first.id, now_ms)] == [1]
    assert [fault.id for fault in exchange.faults.end(None, now_ms)] == [2]
    assert exchange.faults.end(None, now_ms) == []
    with pytest.raises(UsageError, match="no fault 3; 2 were started"):
        exchange.faults.end(3, now_ms)


def test_a_share_hits_the_same_requests_for_the_same_seed() -> None:
    def run(seed: int) -> list[int]:
        exchange = exchange_at()
        exchange.start_fault({"kind": "http-error", "share": 0.3, "seed": seed})
        return hits(exchange, 400)

    first = run(1)
    assert first == run(1)
    assert first != run(2)
    assert 80 < len(first) < 160  # 120 expected, 9 is one standard deviation


def test_a_count_ends_a_fault(exchange: Exchange) -> None:
    fault = exchange.start_fault({"kind": "http-error", "count": 2})
    assert hits(exchange, 5) == [0, 1]
    assert (fault.met, fault.hits) == (2, 2)


@pytest.mark.parametrize(
    ("patterns", "hit"),
    [
        (["*"], True),
        (["/fapi/*"], True),
        (["/fapi/v1/order"], True),
        (["POST /fapi/v1/order"], True),
        (["GET /fapi/v1/order"], False),
        (["/fapi/v1/depth", "POST /fapi/*"], True),
        (["/fapi/v1/ord"], False),
    ],
)
def test_paths_choose_the_requests(exchange: Exchange, patterns: list[str], hit: bool) -> None:
    exchange.start_fault({"kind": "http-error", "paths": patterns})
    assert bool(hits(exchange, 1)) is hit


def test_symbols_choose_the_requests_that_name_them(exchange: Exchange) -> None:
    fault = exchange.start_fault({"kind": "http-error", "symbols": ["ETHUSDT"]})
    assert hits(exchange, 1) == []
    assert hits(exchange, 1, ("GET", "/fapi/v1/exchangeInfo", None)) == []
    assert hits(exchange, 1, ("GET", "/fapi/v1/depth", "ETHUSDT")) == [0]
    assert fault.met == 1


@pytest.mark.parametrize(
    ("status", "code", "retry_after"),
    [(500, -1000, None), (503, -1000, None), (429, -1003, "60"), (418, -1003, "60")],
)
def test_a_refusal_looks_as_binance_s(
    exchange: Exchange, status: int, code: int, retry_after: str | None
) -> None:
    fault = exchange.start_fault({"kind": "http-error", "status": status})
    told_status, body, headers = fault.refusal
    assert (told_status, body["code"], headers.get("Retry-After")) == (status, code, retry_after)


def test_dropped_sockets_choose_the_same_connections_for_the_same_seed(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "dropped-sockets", "share": 0.5, "seed": 3})
    now_ms = exchange.clock.now_ms()
    chosen = [number for number in range(1, 41) if exchange.faults.drops(number, now_ms)]
    assert chosen == [number for number in range(1, 41) if exchange.faults.drops(number, now_ms)]
    assert 8 < len(chosen) < 32


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, (-2022, "ReduceOnly Order is rejected.")),
        ({"code": -1111}, (-1111, "Precision is over the maximum defined for this asset.")),
        ({"code": -9999}, (-9999, "Order is rejected: fault.")),
    ],
)
def test_a_rejected_order_hears_what_binance_says(
    exchange: Exchange, options: dict[str, Any], said: tuple[int, str]
) -> None:
    assert exchange.start_fault({"kind": "reject-order", **options}).rejection == said


@pytest.mark.parametrize("kind", ["reject-order", "expire-order"])
@pytest.mark.parametrize(
    ("options", "opening", "closing", "stop"),
    [
        ({}, True, True, True),
        ({"reduce_only": True}, False, True, True),
        ({"paths": ["POST /fapi/v1/order"]}, True, True, False),
        ({"symbols": ["ETHUSDT"]}, False, False, False),
    ],
)
def test_a_fault_of_orders_hits_those_that_it_names(
    exchange: Exchange, kind: str, options: dict[str, Any], opening: bool, closing: bool, stop: bool
) -> None:
    fault = exchange.start_fault({"kind": kind, **options})
    now_ms = exchange.clock.now_ms()

    def is_hit(path: str, *, closes: bool) -> bool:
        named = [("POST", path)]
        return exchange.faults.hit_order(kind, named, "BTCUSDT", now_ms, closes=closes) is fault

    assert is_hit("/fapi/v1/order", closes=False) is opening
    assert is_hit("/fapi/v1/order", closes=True) is closing
    assert is_hit("/fapi/v1/algoOrder", closes=True) is stop
    assert fault.hits == opening + closing + stop
