"""A portfolio's targets as entries, exits, stakes and changes of a position."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.enums import RunMode
from freqtrade.persistence import LocalTrade, Order
from freqtrade.strategy import IStrategy

from plimsoll.core import Side
from tests.conftest import random_candles
from tests.unit.bridge.strategies.test_guarded import load
from tests.unit.bridge.trades import backtest_trades, trade_fields

PAIR, OTHER = "BTC/USDT:USDT", "ETH/USDT:USDT"
MIDNIGHT = datetime(2024, 1, 9, tzinfo=UTC)
DAYS = pd.date_range("2024-01-01", periods=10, freq="D", tz="UTC")
WEIGHTS = [np.nan, 0.0, 0.01, 0.05, 0.08, 0.0, -0.05, 0.10, np.nan, 0.10]

STRATEGY = '''
"""Weights that are written down."""
import numpy as np
import pandas as pd
from freqtrade.strategy import DecimalParameter
from plimsoll.bridge.strategies.portfolio import PortfolioStrategy
from plimsoll.signals.panels import Targets


class WrittenDown(PortfolioStrategy):
    """Weights that are written down."""

    buffer = DecimalParameter(0.1, 0.5, default=0.2, space="buy")

    def targets(self, panel):
        nan = np.nan
        days = pd.date_range("2024-01-01", periods=10, freq="D", tz="UTC")
        weights = pd.DataFrame({"BTC/USDT:USDT": WEIGHTS}, index=days)
        return Targets(weights, pd.DataFrame(0.10, days, weights.columns), REASONS)
'''


class Balance:
    """A wallet with 10,000 USDT."""

    def get_total(self, currency: str) -> float:
        return 10_000.0


@pytest.fixture
def strategy(tmp_path: Path) -> IStrategy:
    return written_down(tmp_path)


def written_down(folder: Path, reasons: str = "None") -> IStrategy:
    text = STRATEGY.replace("WEIGHTS", str(WEIGHTS)).replace("REASONS", reasons)
    (folder / "WrittenDown.py").write_text(text, encoding="utf-8")
    made = load("WrittenDown", folder, runmode=RunMode.BACKTEST)
    made.wallets = Balance()
    return made


@pytest.fixture
def trades() -> Iterator[None]:
    with backtest_trades():
        yield


def analysed(strategy: IStrategy, pair: str = PAIR) -> pd.DataFrame:
    candles = random_candles(24 * 11, timeframe="1h")
    metadata = {"pair": pair}
    return strategy.ft_advise_signals(strategy.advise_indicators(candles, metadata), metadata)


def days_with(frame: pd.DataFrame, column: str) -> list[int]:
    """Days of January of the candles that open after the marked ones."""
    marked = frame.reindex(columns=["date", column])
    opens = marked.loc[marked[column] == 1, "date"] + pd.Timedelta(hours=1)
    return sorted(set(opens.dt.day))


def position(*, amount: float, opened: datetime, short: bool = False) -> LocalTrade:
    fields: dict[str, Any] = {"amount": amount, "is_short": short, "stake_amount": amount * 100}
    made = LocalTrade(**trade_fields(opened, **fields))
    side = "sell" if short else "buy"
    made.orders = [
        Order(
            ft_order_side=side,
            side=side,
            status="closed",
            ft_is_open=False,
            order_date=opened,
            order_filled_date=opened,
            filled=amount,
            amount=amount,
            average=100.0,
            price=100.0,
        )
    ]
    return made


def adjusted(strategy: IStrategy, held: LocalTrade, now: datetime, price: float) -> float | None:
    return strategy.adjust_position(held, now, price, 0.0)


# Signals


def test_a_day_counts_from_the_candle_that_opens_after_it(strategy: IStrategy) -> None:
    found = analysed(strategy).set_index("date")["target_weight"]
    # The fourth of January, 0.05, is known to the candle that closes with it.
    assert found.loc["2024-01-04 22:00"] == 0.01
    assert (found.loc["2024-01-04 23:00":"2024-01-05 22:00"] == 0.05).all()
    assert np.isnan(found.loc["2024-01-09 23:00"])


def test_entries_come_once_at_midnight_and_only_beyond_the_buffer(strategy: IStrategy) -> None:
    found = analysed(strategy)
    # A buffer of 0.2 full sizes is 0.02: the target of the third, 0.01, is not worth it.
    assert days_with(found, "enter_long") == [5, 6, 9, 11]
    assert days_with(found, "enter_short") == [8]
    entered = found[found["enter_long"].eq(1) | found["enter_short"].eq(1)]
    assert (entered["date"].dt.hour == 23).all()


def test_exits_stay_all_day_and_an_unknown_target_is_none(strategy: IStrategy) -> None:
    found = analysed(strategy)
    long = found.loc[found["exit_long"].eq(1), "target_weight"]
    short = found.loc[found["exit_short"].eq(1), "target_weight"]
    assert set(long) == {0.0, -0.05}
    assert set(short) == {0.0, 0.01, 0.05, 0.08, 0.10}
    assert len(long) == 24 * 3


def test_a_pair_outside_the_panel_has_no_signal(strategy: IStrategy) -> None:
    found = analysed(strategy, OTHER)
    assert found["target_weight"].isna().all()
    assert not found.reindex(columns=["enter_long", "exit_long"]).eq(1).any(axis=None)


def test_reasons_are_the_tag_of_entries_only(tmp_path: Path) -> None:
    made = written_down(tmp_path, reasons='lambda day, pair: f"{pair[:3]} {day:%d}"')
    found = analysed(made)
    tags = found.loc[found["enter_long"].eq(1), "enter_tag"].tolist()
    assert tags == ["BTC 04", "BTC 05", "BTC 08", "BTC 10"]
    assert found["enter_tag"].str.startswith("BTC").sum() == 5


# Stakes


@pytest.mark.usefixtures("trades")
def test_the_stake_is_the_target_of_the_equity(strategy: IStrategy) -> None:
    now = MIDNIGHT + timedelta(seconds=3)
    assert strategy.desired_stake(PAIR, Side.LONG, 50.0, now) == pytest.approx(1000.0)


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize(
    ("pair", "side", "day"),
    [(PAIR, Side.SHORT, 9), (PAIR, Side.LONG, 10), (OTHER, Side.LONG, 9), (PAIR, Side.LONG, 25)],
)
def test_no_stake_without_a_target_on_that_side(
    strategy: IStrategy, pair: str, side: Side, day: int
) -> None:
    now = datetime(2024, 1, day, tzinfo=UTC)
    assert strategy.desired_stake(pair, side, 50.0, now) == 0.0


# Changes of a position: full size 0.10 of 10,000, buffer 0.2, so 200 USDT of tolerance


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize(
    ("amount", "price", "expected"),
    [
        (5.0, 100.0, 500.0),
        (8.1, 100.0, None),
        (12.0, 100.0, None),
        (13.0, 100.0, -300.0),
        (5.0, 120.0, 400.0),
    ],
)
def test_a_long_is_brought_to_its_target_beyond_the_tolerance(
    strategy: IStrategy, amount: float, price: float, expected: float | None
) -> None:
    held = position(amount=amount, opened=MIDNIGHT - timedelta(days=2))
    found = adjusted(strategy, held, MIDNIGHT, price)
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.usefixtures("trades")
def test_what_is_taken_off_is_told_in_the_stake_at_entry_prices(strategy: IStrategy) -> None:
    held = position(amount=10.0, opened=MIDNIGHT - timedelta(days=2))
    found = adjusted(strategy, held, MIDNIGHT, 150.0)
    # 1,500 are held and 1,000 wanted: a third of the amount, and so of the 1,000 at entry.
    assert found == pytest.approx(-1000 / 3)


@pytest.mark.usefixtures("trades")
def test_a_short_is_enlarged_and_reduced_like_a_long(strategy: IStrategy) -> None:
    now = datetime(2024, 1, 8, tzinfo=UTC)
    for amount, expected in ((1.0, 400.0), (9.0, -400.0), (6.0, None)):
        held = position(amount=amount, opened=now - timedelta(days=2), short=True)
        found = adjusted(strategy, held, now, 100.0)
        assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize("now", [MIDNIGHT + timedelta(hours=1), MIDNIGHT - timedelta(minutes=5)])
def test_nothing_is_changed_but_in_the_first_candle_of_a_day(
    strategy: IStrategy, now: datetime
) -> None:
    held = position(amount=1.0, opened=MIDNIGHT - timedelta(days=2))
    assert adjusted(strategy, held, now, 100.0) is None


@pytest.mark.usefixtures("trades")
def test_what_was_traded_since_midnight_is_left_alone(strategy: IStrategy) -> None:
    held = position(amount=1.0, opened=MIDNIGHT)
    assert adjusted(strategy, held, MIDNIGHT + timedelta(minutes=20), 100.0) is None


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize("day", [8, 10, 25])
def test_a_target_of_the_other_side_or_none_is_left_to_the_exit(
    strategy: IStrategy, day: int
) -> None:
    now = datetime(2024, 1, day, tzinfo=UTC)
    held = position(amount=5.0, opened=now - timedelta(days=2))
    assert adjusted(strategy, held, now, 100.0) is None


def test_the_startup_is_the_strategys_own_not_the_panels(strategy: IStrategy) -> None:
    # One call of 499 candles serves it, so that funding and days are fetched in one call too.
    assert strategy.startup_candle_count == 480


def test_freqtrade_is_asked_to_adjust_positions(strategy: IStrategy) -> None:
    assert strategy.position_adjustment_enable is True
