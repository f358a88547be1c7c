"""What a strategy says of itself becomes what Freqtrade calls: features, masks, stop, target."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import numpy as np
import pandas as pd
import pytest
from ccxt import TICK_SIZE
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, ExitType, RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.persistence import LocalTrade
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from plimsoll.features import trend, volatility
from tests.conftest import ROOT, random_candles
from tests.unit.bridge.trades import trade_fields

PAIR = "BTC/USDT:USDT"
SHIPPED = sorted(file.stem for file in (ROOT / "user_data/strategies").glob("*.py"))
ATR = volatility.atr.use(period=14)
ENTRY = datetime(2024, 1, 2, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)

TWO_PERIODS = """
from freqtrade.strategy import DecimalParameter, IntParameter
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.core import PlimsollError
from plimsoll.features import trend, volatility


class TwoPeriods(GuardedStrategy):
    timeframe = "5m"
    period = IntParameter(10, 200, default=20, space="buy")
    over = IntParameter(1, 50, default=5, space="buy")

    def features(self):
        return [
            trend.ema_slope.use(period=self.period.value, over=self.over.value),
            volatility.atr.use(period=14),
        ]

    def entry_signal(self, candles, side):
        return candles[self.features()[0].column] * side.sign > 0
"""


USERS = TemporaryDirectory(prefix="plimsoll-users-")
"""Holds a user folder for each strategy that is loaded; gone when the tests are."""


def load(name: str, folder: Path | None = None, **settings: Any) -> IStrategy:
    config = {
        "strategy": name,
        "strategy_path": str(folder or ROOT / "user_data/strategies"),
        "user_data_dir": Path(mkdtemp(dir=USERS.name)),
        "runmode": RunMode.BACKTEST,
        "stake_currency": "USDT",
        "dry_run": True,
        "candle_type_def": CandleType.FUTURES,
        "trading_mode": "futures",
        **settings,
    }
    strategy = StrategyResolver.load_strategy(config)
    strategy.dp = DataProvider(config, None)
    return strategy


@pytest.fixture
def two_periods(tmp_path: Path) -> IStrategy:
    (tmp_path / "TwoPeriods.py").write_text(TWO_PERIODS, encoding="utf-8")
    return load("TwoPeriods", tmp_path, runmode=RunMode.DRY_RUN)


@pytest.fixture
def follower() -> IStrategy:
    """TrendFollow in dry-run, whose frame of candles the test sets."""
    return load("TrendFollow", runmode=RunMode.DRY_RUN)


def candles_with_atr(atr: float, *, at: datetime = ENTRY) -> pd.DataFrame:
    """Forty flat candles around ``at``; ``atr`` on the last before it, another on the others."""
    dates = pd.date_range(at - 20 * FIVE, periods=40, freq="5min", tz="UTC")
    frame = pd.DataFrame({"date": dates, "close": 100.0, ATR.column: 7.0})
    frame.loc[frame["date"] == at - FIVE, ATR.column] = atr
    return frame


def show(strategy: IStrategy, candles: pd.DataFrame) -> IStrategy:
    strategy.dp._set_cached_df(PAIR, "5m", candles, CandleType.FUTURES)
    return strategy


def trade(**others: Any) -> LocalTrade:
    fields = {"price_precision": 0.01, "precision_mode_price": TICK_SIZE, **others}
    return LocalTrade(**trade_fields(ENTRY, **fields))


def stop_of(strategy: IStrategy, held: LocalTrade, rate: float) -> float | None:
    return strategy.custom_stoploss(PAIR, held, ENTRY, rate, 0.0, False)


def target_of(strategy: IStrategy, held: LocalTrade) -> float | None:
    return strategy.custom_roi(PAIR, held, ENTRY, 5, None, held.trade_direction)


# Warm-up and features


def test_startup_covers_every_feature_at_the_highest_parameters(two_periods: IStrategy) -> None:
    highest = trend.ema_slope.use(period=200, over=50).lookback_candles
    assert two_periods.startup_candle_count == highest + 1
    assert highest > trend.ema_slope.use(period=20, over=5).lookback_candles


def test_deriving_the_startup_leaves_the_parameters_alone(two_periods: IStrategy) -> None:
    assert (two_periods.period.value, two_periods.over.value) == (20, 5)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_startup_of_a_shipped_strategy_leaves_no_nan_after_it(name: str) -> None:
    strategy, made = load(name), random_candles(1500)
    made = made.assign(open_interest=1e6 + made["close"].rank())
    candles = strategy.populate_indicators(made, {"pair": PAIR})
    columns = [use.column for use in strategy.features()]
    assert candles[columns].iloc[strategy.startup_candle_count :].notna().all(axis=None)


def test_adding_the_features_twice_changes_nothing(two_periods: IStrategy) -> None:
    once = two_periods.populate_indicators(random_candles(400), {"pair": PAIR})
    before = once.copy(deep=True)
    twice = two_periods.populate_indicators(once, {"pair": PAIR})
    pd.testing.assert_frame_equal(twice, before)


def test_a_column_that_is_there_is_not_computed_again(two_periods: IStrategy) -> None:
    marked = random_candles(400).assign(**{ATR.column: 5.0})
    assert two_periods.populate_indicators(marked, {"pair": PAIR})[ATR.column].eq(5.0).all()


def test_a_parameter_changed_by_hyperopt_adds_its_own_column(two_periods: IStrategy) -> None:
    candles = two_periods.populate_indicators(random_candles(600), {"pair": PAIR})
    two_periods.period.value = 50
    marked = two_periods.populate_entry_trend(candles, {"pair": PAIR})
    expected = trend.ema_slope.use(period=50, over=5)
    pd.testing.assert_series_equal(marked[expected.column], expected(random_candles(600)))
    assert marked["enter_long"].eq(1).equals(marked[expected.column] > 0)
    assert marked["enter_short"].eq(1).equals(marked[expected.column] < 0)


def test_a_strategy_that_cannot_short_marks_no_short() -> None:
    marked = load("BuyAndHold").advise_indicators(random_candles(50), {"pair": PAIR})
    marked = load("BuyAndHold").populate_entry_trend(marked, {"pair": PAIR})
    assert marked["enter_long"].eq(1).all()
    assert "enter_short" not in marked.columns


# Stop and target: ATR 2 on the signal candle; 0.9 ATR is 1.8, 1.25 ATR is 2.5


def test_the_stop_of_a_long_lies_below_the_entry(follower: IStrategy) -> None:
    show(follower, candles_with_atr(2.0))
    # At 101 the stop at 100 - 1.8 = 98.2 is 1 - 98.2 / 101 away.
    assert stop_of(follower, trade(), 101.0) == pytest.approx(0.0277228, abs=1e-7)


def test_the_stop_of_a_short_lies_above_the_entry(follower: IStrategy) -> None:
    show(follower, candles_with_atr(2.0))
    # At 99 the stop at 100 + 1.8 = 101.8 is 101.8 / 99 - 1 away.
    assert stop_of(follower, trade(is_short=True), 99.0) == pytest.approx(0.0282828, abs=1e-7)


@pytest.mark.parametrize("is_short", [False, True])
def test_the_stop_is_never_farther_away_than_the_strategys_stoploss(
    follower: IStrategy, is_short: bool
) -> None:
    show(follower, candles_with_atr(50.0))
    held = trade(is_short=is_short)
    away = -follower.stoploss * held.open_rate
    price = held.open_rate + (away if is_short else -away)
    assert stop_of(follower, held, held.open_rate) == pytest.approx(abs(1 - price / held.open_rate))


def test_a_distance_by_a_feature_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    wrong = (
        TWO_PERIODS
        + "\n    def stop_distance(self):\n        return volatility.atr.use(period=9), 2\n"
    )
    (tmp_path / "TwoPeriods.py").write_text(wrong, encoding="utf-8")
    with pytest.raises(OperationalException, match=r"atr_9, which its features\(\) does not list"):
        load("TwoPeriods", tmp_path)


def test_the_stop_of_a_leveraged_trade_is_told_as_a_loss_of_the_stake(follower: IStrategy) -> None:
    show(follower, candles_with_atr(2.0))
    assert stop_of(follower, trade(leverage=3.0), 101.0) == pytest.approx(0.0831683, abs=1e-7)


@pytest.mark.parametrize(("is_short", "rates"), [(False, (101, 104)), (True, (99, 96))])
def test_freqtrade_keeps_the_stop_at_one_price_while_the_market_moves(
    follower: IStrategy, is_short: bool, rates: tuple[float, float]
) -> None:
    show(follower, candles_with_atr(2.0))
    held = trade(is_short=is_short)
    for rate in rates:
        follower.ft_stoploss_adjust(rate, held, ENTRY, 0.0, 0)
        assert held.stop_loss == pytest.approx(101.8 if is_short else 98.2, abs=0.011)


@pytest.mark.parametrize(
    ("is_short", "rates", "stops"),
    [(False, (101, 104, 102), (98.2, 100, 100)), (True, (99, 96, 98), (101.8, 100, 100))],
)
def test_a_trailing_stop_follows_the_best_price_and_never_loosens(
    follower: IStrategy, is_short: bool, rates: tuple[float, ...], stops: tuple[float, ...]
) -> None:
    """The stop stands at 1.8 from the entry until trailing by 4 is nearer."""
    follower.trailing_distance = lambda: (ATR, 2.0)
    show(follower, candles_with_atr(2.0))
    held = trade(is_short=is_short)
    for rate, stop in zip(rates, stops, strict=True):
        follower.ft_stoploss_adjust(rate, held, ENTRY, 0.0, 0)
        assert held.stop_loss == pytest.approx(stop, abs=0.011)


@pytest.mark.parametrize(("is_short", "rate"), [(False, 97.0), (True, 103.0)])
def test_a_price_that_jumped_past_the_stop_ends_the_trade(
    follower: IStrategy, is_short: bool, rate: float
) -> None:
    show(follower, candles_with_atr(2.0))
    held = trade(is_short=is_short)
    found = follower.should_exit(held, rate, ENTRY, enter=False, exit_=False)
    assert [check.exit_type for check in found] == [ExitType.TRAILING_STOP_LOSS]


def test_the_target_of_a_long_is_its_profit_after_fees(follower: IStrategy) -> None:
    show(follower, candles_with_atr(2.0))
    # Out at 102.5 less 7 bps: 102.42825; in at 100 and 7 bps: 100.07.
    assert target_of(follower, trade()) == pytest.approx(0.0235661, abs=1e-7)


def test_the_target_of_a_short_is_its_profit_after_fees(follower: IStrategy) -> None:
    show(follower, candles_with_atr(2.0))
    # Bought back at 97.5 and 7 bps: 97.56825; sold at 100 less 7 bps: 99.93.
    assert target_of(follower, trade(is_short=True)) == pytest.approx(0.0236341, abs=1e-7)


def test_the_target_of_a_leveraged_trade_is_a_profit_of_the_stake(follower: IStrategy) -> None:
    show(follower, candles_with_atr(2.0))
    assert target_of(follower, trade(leverage=2.0)) == pytest.approx(0.0471320, abs=1e-7)


def test_a_strategy_without_a_bracket_leaves_stop_and_target_to_freqtrade() -> None:
    plain = show(load("NoTrade", runmode=RunMode.DRY_RUN), candles_with_atr(2.0))
    assert stop_of(plain, trade(), 101.0) is None
    assert target_of(plain, trade()) is None


# The distance is read from candles, so that a restart finds it again


def distance(strategy: IStrategy, held: LocalTrade) -> float | None:
    return strategy._distance_at_entry(held, (ATR, 1.0))


@pytest.mark.parametrize("seconds", [0, 1, 299])
def test_the_distance_is_of_the_last_candle_closed_before_the_entry(
    follower: IStrategy, seconds: int
) -> None:
    show(follower, candles_with_atr(2.0))
    assert distance(follower, trade(open_date=ENTRY + timedelta(seconds=seconds))) == 2.0


def test_a_restart_finds_the_same_distance(follower: IStrategy) -> None:
    candles = random_candles(900)
    held = trade(open_date=candles["date"].iloc[600].to_pydatetime())
    whole = follower.populate_indicators(candles, {"pair": PAIR})
    before = distance(show(follower, whole), held)
    again = load("TrendFollow", runmode=RunMode.DRY_RUN)
    # The exchange serves a window that has moved on: its first candles are newer.
    later = again.populate_indicators(candles.iloc[300:].reset_index(drop=True), {"pair": PAIR})
    assert before == whole[ATR.column].iloc[599]
    assert distance(show(again, later), held) == pytest.approx(before, rel=ATR.feature.tolerance)


def test_the_distance_stays_when_its_candle_leaves_the_frame(follower: IStrategy) -> None:
    held = trade()
    assert distance(show(follower, candles_with_atr(2.0)), held) == 2.0
    later = candles_with_atr(9.0, at=ENTRY + timedelta(days=9))
    assert distance(show(follower, later), held) == 2.0


def test_the_distance_is_unknown_once_its_candle_has_left_the_frame(follower: IStrategy) -> None:
    show(follower, candles_with_atr(2.0, at=ENTRY + timedelta(days=9)))
    assert distance(follower, trade()) is None
    assert stop_of(follower, trade(), 101.0) is None
    assert target_of(follower, trade()) is None


@pytest.mark.parametrize("value", [np.nan, 0.0, -1.0])
def test_the_distance_is_unknown_when_the_feature_is_no_distance(
    follower: IStrategy, value: float
) -> None:
    assert distance(show(follower, candles_with_atr(value)), trade()) is None


def test_the_distance_is_found_as_soon_as_there_are_candles(follower: IStrategy) -> None:
    """After a restart the bot manages its trades before the exchange has served candles."""
    held = trade()
    assert distance(follower, held) is None
    show(follower, candles_with_atr(2.0))
    assert distance(follower, held) == 2.0


# Rules that return what they should not


MASKS = """
import pandas as pd
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.features import volatility


class Masks(GuardedStrategy):
    timeframe = "5m"

    def features(self):
        return [volatility.atr.use(period=14)]

    def stop_distance(self):
        return volatility.atr.use(period=14), 2.0

    def entry_signal(self, candles, side):
        return MASK
"""


def entries(folder: Path, mask: str, candles: pd.DataFrame) -> pd.DataFrame:
    (folder / "Masks.py").write_text(MASKS.replace("MASK", mask), encoding="utf-8")
    strategy = load("Masks", folder)
    return strategy.populate_entry_trend(
        strategy.populate_indicators(candles, {}), {"pair": "BTC/USDT:USDT"}
    )


@pytest.mark.parametrize(
    "mask",
    [
        "None",
        "pd.Series(1, index=candles.index)",
        "pd.Series([True])",
        "candles['close'] * float('nan')",
    ],
)
def test_a_mask_that_is_no_boolean_series_of_the_candles_is_refused(
    tmp_path: Path, mask: str
) -> None:
    with pytest.raises(
        OperationalException, match=r"Masks\.entry_signal to return a boolean Series"
    ):
        entries(tmp_path, mask, random_candles(300))


def test_no_entry_where_the_declared_stop_is_unknown(tmp_path: Path) -> None:
    everywhere = "pd.Series(True, index=candles.index)"
    candles = entries(tmp_path, everywhere, random_candles(300))
    warm = volatility.atr.use(period=14).lookback_candles
    assert candles["enter_long"].iloc[:warm].isna().all()
    assert (candles["enter_long"].iloc[warm:] == 1).all()
