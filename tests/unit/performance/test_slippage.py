"""What fills cost beyond the price that was decided at."""

import math
from typing import Any

import pandas as pd
import pytest

from plimsoll.performance.slippage import fills_frame, requested_fills, slippage
from tests.unit.performance.frames import BTC, utc


def fill(hour: int, amount: float, asked: float, price: float) -> dict[str, Any]:
    at = utc(f"2024-01-01 {hour:02d}:00")
    return {"time": at, "pair": BTC, "amount": amount, "asked": asked, "price": price}


SPAN = (utc("2024-01-01"), utc("2024-01-02"))


def test_buying_above_and_selling_below_the_decided_price_cost() -> None:
    fills = fills_frame([fill(5, 2.0, 100.0, 100.1), fill(6, -2.0, 110.0, 109.8)])
    made = slippage(fills, *SPAN)
    assert made.cost_usd == pytest.approx(0.2 + 0.4)
    assert made.cost_bps == pytest.approx(0.6 / 420.0 * 10_000)
    assert (made.fills, made.priced) == (2, 2)


def test_a_better_price_counts_against_it() -> None:
    assert slippage(fills_frame([fill(5, 1.0, 100.0, 99.0)]), *SPAN).cost_usd == -1.0


def test_a_fill_without_its_price_is_counted_and_not_measured() -> None:
    made = slippage(fills_frame([fill(5, 1.0, math.nan, 99.0)]), *SPAN)
    assert (made.fills, made.priced, made.cost_usd) == (1, 0, 0.0)
    assert made.as_record()["cost_bps"] is None


def test_fills_outside_of_the_span_are_left_out() -> None:
    fills = fills_frame([fill(0, 1.0, 100.0, 101.0), fill(1, 1.0, 100.0, 102.0)])
    assert slippage(fills, *SPAN).cost_usd == 2.0
    assert slippage(fills_frame([]), *SPAN).fills == 0


def _order(hour: int, price: float, *, entry: bool) -> dict[str, Any]:
    at = int(utc(f"2024-01-01 {hour:02d}:00").timestamp() * 1000)
    return {
        "order_filled_timestamp": at,
        "ft_is_entry": entry,
        "filled": 2.0,
        "amount": 2.0,
        "safe_price": price,
    }


@pytest.mark.parametrize("is_short", [False, True])
def test_the_database_knows_what_single_orders_asked_for(is_short: bool) -> None:
    row = {
        "pair": BTC,
        "is_short": is_short,
        "open_rate_requested": 100.0,
        "close_rate_requested": 90.0,
        "orders": [
            _order(3, 100.5, entry=True),
            _order(5, 90.5, entry=False),
            _order(6, 90.0, entry=False),
        ],
    }
    fills = requested_fills(pd.DataFrame([row]))
    sign = -1.0 if is_short else 1.0
    assert list(fills["amount"]) == [2.0 * sign, -2.0 * sign, -2.0 * sign]
    made = slippage(fills, *SPAN)
    assert (made.fills, made.priced) == (3, 1)  # of two exits nobody knows which asked for what
    assert made.cost_usd == pytest.approx(sign * 1.0)
