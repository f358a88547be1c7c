"""What an account made, cause by cause: hand-reckoned, and adding up."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.attribution import Causes, causes_of
from plimsoll.performance.fills import no_trades
from plimsoll.performance.known_equity import known_closes_of, known_equity
from tests.unit.performance.frames import BTC, ETH, closes_frame, trade, trades_frame, utc

START, MIDDLE, END = utc("2024-01-01"), utc("2024-01-02"), utc("2024-01-03")


def causes(
    trades: pd.DataFrame,
    closes: pd.DataFrame | None,
    since: pd.Timestamp = START,
    until: pd.Timestamp = END,
    **more: float,
) -> Causes:
    known = known_closes_of(trades, closes, start=START, end=END)
    equity = known_equity(trades, known, 1_000.0)
    return causes_of(trades, known, equity, since, until, **more)


def test_a_closed_trade_is_price_less_fees_plus_funding() -> None:
    row = trade(
        utc("2024-01-01 02:00"), utc("2024-01-01 12:00"), 100.0, 110.0,
        amount=2.0, fee=0.001, funding_usd=-0.3,
    )  # fmt: skip
    made = causes(trades_frame(row), None)
    assert made.price_usd == pytest.approx(20.0)
    assert made.fees_usd == pytest.approx(-0.42)
    assert made.funding_usd == pytest.approx(-0.3)
    assert made.other_usd == pytest.approx(0.0, abs=1e-9)
    assert made.made_usd == pytest.approx(19.28)


def test_an_open_position_is_split_at_the_mark_of_each_midnight() -> None:
    row = trade(
        utc("2024-01-01 12:00"), utc("2024-01-02 12:00"), 100.0, 130.0,
        amount=1.0, fee=0.01, funding_usd=2.0, side="short",
    )  # fmt: skip
    closes = closes_frame(*np.full(13, 100.0), *np.full(36, 120.0))
    trades = trades_frame(row)
    first, second = causes(trades, closes, START, MIDDLE), causes(trades, closes, MIDDLE, END)
    assert (first.price_usd, second.price_usd) == (pytest.approx(-20.0), pytest.approx(-10.0))
    assert (first.funding_usd, second.funding_usd) == (pytest.approx(1.0), pytest.approx(1.0))
    # Entry 1.0 and what closing at 120 would cost; then the exit at 130 in the place of that.
    assert (first.fees_usd, second.fees_usd) == (pytest.approx(-2.2), pytest.approx(-0.1))
    assert first.other_usd == pytest.approx(0.0, abs=1e-9)
    assert second.other_usd == pytest.approx(0.0, abs=1e-9)
    whole = causes(trades, closes)
    assert first.made_usd + second.made_usd == pytest.approx(whole.made_usd)


def test_slippage_is_taken_out_of_price_and_nothing_else() -> None:
    row = trade(utc("2024-01-01 02:00"), utc("2024-01-01 12:00"), 100.0, 110.0)
    plain = causes(trades_frame(row), None)
    made = causes(trades_frame(row), None, slippage_usd=0.5)
    assert (made.price_usd, made.slippage_usd) == (pytest.approx(10.5), -0.5)
    assert made.made_usd == plain.made_usd
    assert [name for name, _ in made.steps] == ["price", "slippage", "fees", "funding"]


def test_profit_that_no_fill_explains_is_named() -> None:
    row = trade(utc("2024-01-01 02:00"), utc("2024-01-01 12:00"), 100.0, 110.0)
    made = causes(trades_frame({**row, "profit_abs": 7.0}), None)
    assert made.other_usd == pytest.approx(-3.0)
    assert made.steps[-1] == ("not explained", made.other_usd)
    assert sum(usd for _, usd in made.steps) == pytest.approx(made.made_usd)


def test_two_pairs_add_up_and_a_fill_at_the_end_belongs_to_the_span() -> None:
    rows = [
        trade(utc("2024-01-01 02:00"), MIDDLE, 100.0, 90.0, fee=0.001),
        trade(utc("2024-01-01 03:00"), None, 50.0, 0.0, pair=ETH, amount=3.0),
    ]
    closes = closes_frame(*np.full(49, 100.0)).join(
        closes_frame(*np.linspace(50.0, 74.0, 49), pair=ETH)
    )
    made = causes(trades_frame(*rows), closes[[BTC, ETH]], START, MIDDLE)
    assert made.price_usd == pytest.approx(-10.0 + 3.0 * 12.0)
    assert causes(trades_frame(*rows), closes, MIDDLE, END).fees_usd == pytest.approx(0.0)


def test_an_account_that_never_traded_made_nothing() -> None:
    equity = pd.Series([5.0, 5.0], index=pd.DatetimeIndex([START, END]))
    made = causes_of(no_trades(), None, equity, START, END)
    assert made.as_record() == dict.fromkeys(made.as_record(), 0.0)


def test_what_is_not_explained_is_told_from_the_amount_that_is_asked_for() -> None:
    causes = Causes(0.0001, 0.0, 0.0, 0.0, 0.0, 0.0001)
    assert len(causes.steps) == 4
    assert causes.steps_above(0.00001)[-1] == ("not explained", 0.0001)
