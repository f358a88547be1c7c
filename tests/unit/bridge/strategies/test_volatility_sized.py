"""Stakes by volatility: what a day's close makes known counts from the next day on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy

from plimsoll.core import Side
from tests.unit.bridge.strategies.test_guarded import load
from tests.unit.bridge.strategies.test_panel import Whitelist, days_of, hours, write
from tests.unit.bridge.trades import backtest_trades, trade_fields

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
START = pd.Timestamp("2024-01-01", tz="UTC")
DAYS = 40
EQUITY_USD = 10_000.0
LAST_DAY = datetime(2024, 2, 9, tzinfo=UTC)

SIZED = """
from plimsoll.bridge.strategies.volatility_sized import SizedStrategy


class Sized(SizedStrategy):
    timeframe = "1h"
    volatility_days = 6
    least_daily_closes = 10

    def features(self):
        return []

    def entry_signal(self, candles, side):
        return candles["close"] < 0
"""


class Balance:
    """A wallet with 10,000 USDT."""

    def get_total(self, currency: str) -> float:
        return EQUITY_USD


@pytest.fixture
def closes(tmp_path: Path) -> pd.Series:
    """Forty daily closes of BTC, stored as hours; ETH has no candles."""
    candles = hours(DAYS)
    write(tmp_path, "BTC_USDT_USDT-1h-futures", candles)
    return days_of(candles).set_index("date")["close"]


@pytest.fixture
def strategy(tmp_path: Path, closes: pd.Series) -> Iterator[IStrategy]:
    with backtest_trades():
        yield sized(tmp_path)


def sized(folder: Path, **settings: Any) -> IStrategy:
    (folder / "Sized.py").write_text(SIZED, encoding="utf-8")
    files = {"datadir": folder, "dataformat_ohlcv": "feather", "timeframe": "1h"}
    made = load("Sized", folder, **files, **settings)
    made.dp = DataProvider(made.config, None, Whitelist())
    made.wallets = Balance()
    return made


def stake(strategy: IStrategy, now: datetime, pair: str = BTC, side: Side = Side.LONG) -> float:
    return strategy.desired_stake(pair, side, 50.0, now)


def expected_stake(closes: pd.Series, day: str) -> float:
    """The stake by the closes up to a day: a target of 10 % a year, and one pair to share it."""
    six = np.diff(np.log(closes.loc[:day].to_numpy()[-7:]))
    return 0.10 / (six.std(ddof=1) * np.sqrt(365)) * EQUITY_USD


@pytest.mark.parametrize("side", Side)
def test_the_stake_is_the_share_of_the_target_volatility(
    strategy: IStrategy, closes: pd.Series, side: Side
) -> None:
    now = datetime(2024, 1, 25, 9, 30, tzinfo=UTC)
    expected = expected_stake(closes, "2024-01-24")
    assert 0 < expected < EQUITY_USD
    assert stake(strategy, now, side=side) == pytest.approx(expected)


def test_a_days_close_counts_from_the_next_midnight_on(
    strategy: IStrategy, closes: pd.Series
) -> None:
    midnight = datetime(2024, 1, 25, tzinfo=UTC)
    before = expected_stake(closes, "2024-01-23")
    after = expected_stake(closes, "2024-01-24")
    assert before != pytest.approx(after, rel=1e-3)
    for moment in (midnight - timedelta(days=1), midnight - timedelta(microseconds=1)):
        assert stake(strategy, moment) == pytest.approx(before)
    for moment in (midnight, midnight + timedelta(hours=23, minutes=59)):
        assert stake(strategy, moment) == pytest.approx(after)


def test_another_future_changes_no_stake_of_the_day(strategy: IStrategy, tmp_path: Path) -> None:
    cut = START + pd.Timedelta(days=30, hours=13)
    other = hours(DAYS)
    other.loc[other["date"] >= cut, ["open", "high", "low", "close"]] *= 3
    (tmp_path / "other").mkdir()
    write(tmp_path / "other", "BTC_USDT_USDT-1h-futures", other)
    changed = sized(tmp_path / "other")
    last = cut.floor("D") + pd.Timedelta(hours=23)
    known = pd.date_range(START + pd.Timedelta(days=12), last, freq="h")
    for moment in known:
        assert stake(strategy, moment) == stake(changed, moment), moment
    assert stake(strategy, cut.ceil("D")) != stake(changed, cut.ceil("D"))


def test_open_positions_are_part_of_the_equity_that_is_shared(
    strategy: IStrategy, closes: pd.Series
) -> None:
    now = datetime(2024, 1, 25, 9, tzinfo=UTC)
    alone = stake(strategy, now)
    trade = LocalTrade(**trade_fields(now - timedelta(days=1), fee_open=0.0, fee_close=0.0))
    LocalTrade.add_bt_trade(trade)
    profit = 10 * (closes.loc["2024-01-24"] - 100)
    assert stake(strategy, now) == pytest.approx(alone * (1 + profit / EQUITY_USD))


@pytest.mark.parametrize(
    ("pair", "now"),
    [
        pytest.param(ETH, datetime(2024, 1, 25, tzinfo=UTC), id="a pair without candles"),
        pytest.param("DOGE/USDT:USDT", datetime(2024, 1, 25, tzinfo=UTC), id="not in the panel"),
        pytest.param(BTC, datetime(2024, 1, 11, tzinfo=UTC), id="ten closes, not more"),
        pytest.param(BTC, datetime(2024, 1, 1, 5, tzinfo=UTC), id="before the first close"),
        pytest.param(BTC, LAST_DAY + timedelta(days=2), id="beyond the last close"),
    ],
)
def test_an_unknown_size_is_no_stake(strategy: IStrategy, pair: str, now: datetime) -> None:
    assert stake(strategy, now, pair) == 0.0


def test_the_eleventh_close_is_enough(strategy: IStrategy, closes: pd.Series) -> None:
    expected = expected_stake(closes, "2024-01-11")
    assert stake(strategy, datetime(2024, 1, 12, tzinfo=UTC)) == pytest.approx(expected)


def test_sizes_are_computed_once_until_the_target_or_the_panel_changes(
    strategy: IStrategy,
) -> None:
    first = strategy.sizes()
    assert strategy.sizes() is first
    strategy.target_volatility.value = 0.05
    pd.testing.assert_frame_equal(strategy.sizes(), first / 2)
    strategy.target_volatility.value = 0.10
    strategy.dp._pairlists.whitelist = [ETH, BTC]
    assert list(strategy.sizes().columns) == [ETH, BTC]


@pytest.mark.parametrize(("more", "expected"), [(-1, False), (0, True), (1, True)])
def test_the_time_limit_is_reached_to_the_second(
    strategy: IStrategy, more: int, expected: bool
) -> None:
    opened = datetime(2024, 1, 25, tzinfo=UTC)
    trade = LocalTrade(**trade_fields(opened))
    now = opened + timedelta(hours=1.5, seconds=more)
    assert strategy.held_too_long(trade, now, 1.5) is expected


def test_the_last_candle_is_the_newest_that_has_closed(strategy: IStrategy) -> None:
    assert strategy.last_candle(BTC, LAST_DAY) is None
    candles = hours(2)
    strategy.dp._set_cached_df(BTC, "1h", candles, CandleType.FUTURES)
    strategy.dp._set_dataframe_max_index(BTC, len(candles))
    five = START + pd.Timedelta(hours=5)
    for moment, opened in ((five, 4), (five + pd.Timedelta(minutes=59), 4)):
        last = strategy.last_candle(BTC, moment)
        assert last["date"] == START + pd.Timedelta(hours=opened)
        assert last["close"] == candles.loc[opened, "close"]
    assert strategy.last_candle(BTC, START + pd.Timedelta(minutes=59)) is None
    assert strategy.last_candle(BTC, START + pd.Timedelta(hours=1))["date"] == START
