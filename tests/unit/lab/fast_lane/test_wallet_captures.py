"""The wallet's record of candles that were passed by is that of candles that were visited."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from freqtrade.optimize.optimize_reports.optimize_reports import convert_bt_wallet_collection

from plimsoll.lab.fast_lane.candle_rows import Grid, PairRows
from plimsoll.lab.fast_lane.wallet_captures import WalletCaptures

START, HOUR = datetime(2024, 1, 1, tzinfo=UTC), timedelta(hours=1)
GRID = Grid(START, START + 5 * HOUR, HOUR)


class Wallets:
    """Balances by currency."""

    def __init__(self, **totals: float) -> None:
        self.totals = totals

    def get_total(self, currency: str) -> float:
        return self.totals.get(currency, 0)


def captures(wallets: Wallets, *, notes: bool = True) -> tuple[WalletCaptures, PairRows]:
    dates = pd.to_datetime([START + hour * HOUR for hour in range(6)], utc=True)
    prices = dict.fromkeys(("high", "low", "close"), 1.0)
    frame = pd.DataFrame({"date": dates, "open": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0], **prices})
    steps = GRID.steps_of(frame["date"])
    assert steps is not None
    rows = PairRows("COIN/USDT", frame, steps, GRID.steps, can_short=False)
    strategy = SimpleNamespace(config={"stake_currency": "USDT"})
    backtesting: Any = SimpleNamespace(
        wallets=wallets, strategy=strategy, _is_backtest_runmode=notes
    )
    return WalletCaptures(backtesting, GRID, {"COIN/USDT": rows}), rows


def times() -> list[datetime]:
    return [START + (step + 1) * HOUR for step in range(5)]


def test_passed_candles_have_the_balance_of_the_stake_currency() -> None:
    wallets = Wallets(USDT=1000)
    noted, _ = captures(wallets)
    noted.stake(0)
    wallets.totals["USDT"] = 900.5
    noted.passed_by(1, 4)
    noted.stake(4)
    totals = [1000, 900.5, 900.5, 900.5, 900.5]
    told = [(at, "USDT", 1, total) for at, total in zip(times(), totals, strict=True)]
    pd.testing.assert_frame_equal(noted.summary(), convert_bt_wallet_collection(told))


def test_a_coin_that_is_held_is_noted_at_each_open_in_turn() -> None:
    wallets = Wallets(USDT=1000.0)
    noted, rows = captures(wallets)
    noted.stake(0)
    noted.coin(rows, 0, 0)
    wallets.totals["COIN"] = 2.5
    noted.passed_by(1, 4)
    noted.stake(4)
    noted.coin(rows, 4, 4)
    told: list[tuple[Any, ...]] = [(times()[0], "USDT", 1, 1000.0)]
    for step in range(1, 5):
        told += [(times()[step], "USDT", 1, 1000.0), (times()[step], "COIN", step + 2.0, 2.5)]
    pd.testing.assert_frame_equal(noted.summary(), convert_bt_wallet_collection(told))


@pytest.mark.parametrize(("total", "notes"), [(0.0, True), (1000.0, False)])
def test_nothing_is_noted_of_an_empty_wallet_nor_in_other_run_modes(
    total: float, notes: bool
) -> None:
    noted, _ = captures(Wallets(USDT=total), notes=notes)
    noted.stake(0)
    noted.passed_by(1, 5)
    assert noted.summary().empty
