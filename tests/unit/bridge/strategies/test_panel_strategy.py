"""What a strategy of many pairs knows: the account's worth, other candles, its parameters."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType, RunMode
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy

from plimsoll.features import funding, open_interest, trend
from tests.unit.bridge.strategies.test_guarded import load
from tests.unit.bridge.strategies.test_panel import PAIRS, Whitelist, days_of, hours, write
from tests.unit.bridge.trades import backtest_trades, trade_fields

BTC, ETH = PAIRS
NOW = datetime(2024, 1, 5, 9, tzinfo=UTC)

LOOKING = """
from freqtrade.strategy import DecimalParameter, IntParameter
from plimsoll.bridge.strategies.panel_strategy import PanelStrategy


class Looking(PanelStrategy):
    timeframe = "1h"
    startup_candle_count = 30
    least_startup_candles = 77
    panel_timeframes = ("1d", "4h")
    panel_funding = True
    days = IntParameter(1, 9, default=4, space="buy")
    depth = DecimalParameter(0.1, 0.9, default=0.5, space="sell")

    def features(self):
        return []

    def entry_signal(self, candles, side):
        return candles["close"] < 0
"""


class Wallet:
    """Freqtrade's total of the wallet, and of what the bot may use of it."""

    def get_total(self, currency: str) -> float:
        return {"USDT": 10_000.0}[currency]

    def get_total_stake_amount(self) -> float:
        return 4_000.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, coin in enumerate(("BTC", "ETH")):
        write(tmp_path, f"{coin}_USDT_USDT-1h-futures", hours(10, seed=seed))
    return tmp_path


@pytest.fixture
def strategy(folder: Path) -> Iterator[IStrategy]:
    with backtest_trades():
        yield looking(folder)


def looking(folder: Path, **settings: object) -> IStrategy:
    (folder / "Looking.py").write_text(LOOKING, encoding="utf-8")
    files = {"datadir": folder, "dataformat_ohlcv": "feather", "timeframe": "1h"}
    made = load("Looking", folder, **files, **settings)
    made.dp = DataProvider(made.config, None, Whitelist())
    made.wallets = Wallet()
    return made


def close_of(seed: int, day: str) -> float:
    return float(days_of(hours(10, seed=seed)).set_index("date")["close"].loc[day])


def hold(pair: str, *, short: bool = False) -> None:
    """Hold 10 coins, entered at 100 USDT without fees."""
    free = {"fee_open": 0.0, "fee_close": 0.0}
    fields = trade_fields(NOW - timedelta(days=2), pair=pair, is_short=short, **free)
    LocalTrade.add_bt_trade(LocalTrade(**fields))


def test_within_one_panel_it_is_read_once(
    strategy: IStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, read = strategy.panel(), []
    monkeypatch.setattr(strategy._reader, "read", lambda *_, **__: read.append(1) or first)
    with strategy.one_panel(), strategy.one_panel():
        assert all(strategy.panel() is first for _ in range(3))
        assert read == [1]
    assert strategy.panel() is first
    assert read == [1, 1]


# The account's worth


def test_without_positions_the_worth_is_the_balance(strategy: IStrategy) -> None:
    assert strategy.equity_usd(NOW) == 10_000.0


def test_positions_count_at_the_last_daily_close_before_now(strategy: IStrategy) -> None:
    hold(BTC)
    hold(ETH, short=True)
    for now, day in ((NOW, "2024-01-04"), (NOW.replace(hour=0), "2024-01-04")):
        expected = 10_000 + 10 * (close_of(0, day) - 100) - 10 * (close_of(1, day) - 100)
        assert strategy.equity_usd(now) == pytest.approx(expected)


def test_a_position_opened_since_the_last_daily_close_is_worth_its_entry(
    strategy: IStrategy,
) -> None:
    free = {"fee_open": 0.0, "fee_close": 0.0}
    opened = NOW.replace(hour=0) + timedelta(seconds=20)
    LocalTrade.add_bt_trade(LocalTrade(**trade_fields(opened, pair=BTC, **free)))
    assert strategy.equity_usd(opened + timedelta(minutes=1)) == 10_000.0
    later = 10_000 + 10 * (close_of(0, "2024-01-05") - 100)
    assert strategy.equity_usd(NOW.replace(hour=0) + timedelta(days=1)) == pytest.approx(later)


def test_a_position_without_a_daily_close_adds_nothing(strategy: IStrategy) -> None:
    hold("DOGE/USDT:USDT")
    assert strategy.equity_usd(NOW) == 10_000.0


def test_a_bot_of_limited_capital_owns_no_more_than_that(folder: Path) -> None:
    with backtest_trades():
        limited = looking(folder, available_capital=4_000.0)
        hold(BTC)
        expected = 4_000 + 10 * (close_of(0, "2024-01-04") - 100)
        assert limited.equity_usd(NOW) == pytest.approx(expected)


# What a running bot fetches


def test_a_running_bot_fetches_the_panel_of_every_pair(folder: Path) -> None:
    running = looking(folder, runmode=RunMode.DRY_RUN)
    kinds = {("1d", "futures"), ("4h", "futures"), ("1h", "funding_rate")}
    assert set(running.informative_pairs()) == {(pair, *kind) for pair in PAIRS for kind in kinds}
    assert running.other_pairs("1h", "open_interest") == [
        (pair, "1h", "open_interest") for pair in PAIRS
    ]


def test_the_longer_of_two_warm_ups_holds(strategy: IStrategy) -> None:
    assert strategy.startup_candle_count == 77
    assert strategy.candle_span() == pd.Timedelta(hours=1)


def test_parameters_are_told_with_their_present_values(strategy: IStrategy) -> None:
    assert dict(strategy.parameter_values()) == {"days": 4, "depth": 0.5}
    strategy.days.value = 7
    assert dict(strategy.parameter_values()) == {"days": 7, "depth": 0.5}


# Other candles of a pair


def test_open_interest_is_what_was_known_at_each_close(strategy: IStrategy, folder: Path) -> None:
    candles = hours(10)
    rows = pd.DataFrame({"date": candles["date"], "open_interest_amount": np.arange(240.0) + 1})
    rows["open_interest_value"] = rows["open_interest_amount"] * 100
    store = get_datahandler(folder, "feather")
    store.ohlcv_store(BTC, "1h", rows, CandleType.OPEN_INTEREST)
    joined = strategy.with_open_interest(candles, BTC)
    pd.testing.assert_series_equal(joined["close"], candles["close"])
    known = joined["open_interest"].dropna()
    row_of_the_file = known - 1
    assert len(known) > 200
    assert (row_of_the_file <= known.index + 1).all(), "stamped after the candle's close"
    rows.loc[120:, "open_interest_amount"] = 1e9
    store.ohlcv_store(BTC, "1h", rows, CandleType.OPEN_INTEREST)
    changed = looking(folder).with_open_interest(candles, BTC)["open_interest"]
    stamped_later = joined["date"] + pd.Timedelta(hours=1) < rows["date"].iloc[120]
    pd.testing.assert_series_equal(
        changed[stamped_later], joined.loc[stamped_later, "open_interest"]
    )


def test_without_open_interest_the_columns_are_empty(strategy: IStrategy) -> None:
    joined = strategy.with_open_interest(hours(10), ETH)
    assert joined[["open_interest", "open_interest_usd"]].isna().all(axis=None)


def test_the_premium_is_the_exchanges_index_where_there_is_one(
    strategy: IStrategy, folder: Path
) -> None:
    index = hours(10).assign(close=0.0004)
    store = get_datahandler(folder, "feather")
    store.ohlcv_store(BTC, "1h", index, CandleType.PREMIUMINDEX)
    store.ohlcv_store("BTC/USDT", "1h", hours(10).assign(close=1.0), CandleType.SPOT)
    assert strategy.with_premium(hours(10), BTC)["premium"].dropna().unique().tolist() == [0.0004]


def test_a_backtest_without_the_index_takes_the_ratio_of_both_closes(
    strategy: IStrategy, folder: Path
) -> None:
    candles = hours(10)
    spot = candles.assign(close=candles["close"] / 1.002)
    get_datahandler(folder, "feather").ohlcv_store("BTC/USDT", "1h", spot, CandleType.SPOT)
    assert strategy.with_premium(candles, BTC)["premium"].tolist() == pytest.approx([0.002] * 240)


def test_a_running_bot_takes_no_ratio_with_the_spot_files(folder: Path) -> None:
    get_datahandler(folder, "feather").ohlcv_store("BTC/USDT", "1h", hours(10), CandleType.SPOT)
    running = looking(folder, runmode=RunMode.DRY_RUN)
    running.dp.get_pair_dataframe = lambda *_: pd.DataFrame()  # nothing was fetched
    assert running.with_premium(hours(10), BTC)["premium"].isna().all()


def test_what_features_need_beside_candles_is_joined_and_nothing_else(
    strategy: IStrategy, folder: Path
) -> None:
    store = get_datahandler(folder, "feather")
    settled = hours(10).iloc[::8].assign(funding_rate=0.0003)
    store.ohlcv_store(BTC, "1h", settled, CandleType.FUNDING_RATE)
    uses = [funding.funding_mean.use(period=8), trend.ema_gap.use(fast=3, slow=9)]
    assert strategy.source_kinds(uses) == ["funding_rate"]
    joined = strategy.with_sources(hours(10), BTC, uses)
    assert set(joined) - set(hours(10)) == {"funding_rate", "funding_paid"}
    assert joined["funding_rate"].dropna().unique().tolist() == [0.0003]
    assert joined["funding_paid"].iloc[24:].sum() == pytest.approx(0.0003 * 27)


def test_a_source_that_is_there_is_not_joined_again(strategy: IStrategy) -> None:
    candles = hours(10).assign(open_interest=1.0)
    uses = [open_interest.open_interest_zscore.use(window=24)]
    assert strategy.with_sources(candles, BTC, uses) is candles


def test_without_funding_the_columns_are_empty(strategy: IStrategy) -> None:
    joined = strategy.with_funding(hours(10), ETH)
    assert joined[["funding_rate", "funding_paid"]].isna().all(axis=None)
