"""Figures of hand-made loops: delays, parts, and candles that were never analysed."""

import math
from typing import Any

import pytest

from tests.latency.figures import Spread, figures, missed_candles

A, B = "A/USDT:USDT", "B/USDT:USDT"


def loop(at: float, *orders: float, analysed: dict[str, int] | None = None) -> dict[str, Any]:
    """Return a loop that sent orders so many seconds after it began."""
    return {
        "at": at,
        "seconds": 1.0,
        "cpu_seconds": 0.5,
        "parts": {"entries": [2, 0.4], "candles fetched": [1, 0.6]},
        "orders": [[at + after, after / 2, A, "entry"] for after in orders],
        "analysed": analysed or {},
    }


def test_the_start_is_left_out_and_delays_run_from_the_close_and_from_the_loop() -> None:
    loops = [loop(30.0, 0.5), loop(61.0, 0.2, 0.4), loop(121.5, 0.3)]
    told = figures(loops, [], is_live=False)
    assert (told.orders, told.loops) == (3, 2)
    assert told.sent.p50 == pytest.approx(1.4)
    assert told.sent.most == pytest.approx(1.8)
    assert told.work.p50 == pytest.approx(0.3)
    assert told.first.most == pytest.approx(0.3)
    assert told.processor.most == pytest.approx(0.2)
    assert told.own_sent == pytest.approx((0.2, 0.4, 0.8))
    assert list(told.parts) == ["candles fetched", "entries"]
    assert told.parts["entries"] == pytest.approx((2, 0.4))


def test_in_live_mode_the_exchange_says_when_an_order_came() -> None:
    received = [
        {"received_ms": 31_000, "latency_ms": 31_000, "kind": "MARKET"},
        {"received_ms": 61_300, "latency_ms": 1_300, "kind": "MARKET"},
        {"received_ms": 61_400, "latency_ms": 1_400, "kind": "STOP_MARKET"},
    ]
    told = figures([loop(30.0), loop(61.0, 0.2)], received, is_live=True)
    assert (told.orders, told.sent.most) == (1, pytest.approx(1.3))


def test_a_candle_that_no_loop_analysed_is_missed() -> None:
    loops = [
        loop(61.0, analysed={A: 0, B: 0}),
        loop(121.0, analysed={A: 60}),
        loop(181.0, analysed={A: 120, B: 120}),
        loop(186.0, analysed={A: 120}),
    ]
    assert missed_candles(loops) == (6, 1)
    assert missed_candles([loop(61.0)]) == (0, 0)


def test_without_orders_there_is_no_spread() -> None:
    assert math.isnan(Spread.of([]).p99)
