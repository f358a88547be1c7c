"""Figures of hand-made loops: delays, parts, and candles that were never analysed."""

import math
from dataclasses import astuple
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
        "parts": {"entries": [2, 0.4, 0.2, 0.1], "candles fetched": [1, 0.6, 0.1, 0.4]},
        "orders": [
            {
                "at": at + after,
                "pair": A,
                "side": "entry",
                "processor": after / 2,
                "waited": after / 4,
                "queued": after / 8,
                "guards": after / 16,
            }
            for after in orders
        ],
        "analysed": analysed or {},
    }


def test_the_start_is_left_out_and_delays_run_from_the_close_and_from_the_loop() -> None:
    loops = [loop(30.0, 0.5), loop(61.0, 0.2, 0.4), loop(121.5, 0.3)]
    told = figures(loops, [], is_live=False)
    assert (told.orders, told.loops) == (3, 2)
    assert told.sent.p50 == pytest.approx(1.4)
    assert told.sent.most == pytest.approx(1.8)
    assert told.reached.p50 == pytest.approx(0.3)
    assert told.waited.most == pytest.approx(0.1)
    assert told.queued.most == pytest.approx(0.05)
    assert told.processor.most == pytest.approx(0.2)
    assert list(told.parts) == ["candles fetched", "entries"]
    assert told.parts["entries"] == pytest.approx((2, 0.4, 0.2, 0.1))


def test_own_work_is_what_was_not_waited_for_the_exchange() -> None:
    told = figures([loop(30.0), loop(61.0, 0.2, 0.4), loop(121.5, 0.4)], [], is_live=False)
    assert told.each_work == pytest.approx((0.15, 0.3, 0.3))
    assert told.work.most == pytest.approx(0.3)
    assert told.undisturbed.most == pytest.approx(0.25)


def test_the_first_order_of_a_loop_is_told_from_those_after_it() -> None:
    told = figures([loop(30.0), loop(61.0, 0.2, 0.4, 0.8)], [], is_live=False)
    assert astuple(told.first) == pytest.approx((0.1, 0.125, 0.0125))
    assert astuple(told.further) == pytest.approx((0.15, 0.1875, 0.01875))
    alone = figures([loop(30.0), loop(61.0, 0.2)], [], is_live=False)
    assert math.isnan(alone.further.work)


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
