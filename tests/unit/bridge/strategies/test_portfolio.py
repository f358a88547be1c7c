"""A portfolio's targets as entries, exits, stakes and changes of a position."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
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
from plimsoll.bridge.strategies.panel import Panel
from plimsoll.signals.panels import Targets

CLOSES = pd.DataFrame({"close": 100.0}, pd.date_range("2023-12-31", periods=12, tz="UTC"))
PANEL = Panel({"1d": {"BTC/USDT:USDT": CLOSES}}, pd.DataFrame())


class WrittenDown(PortfolioStrategy):
    """Weights that are written down."""

    buffer = DecimalParameter(0.1, 0.5, default=0.2, space="buy")

    def panel(self):
        return PANEL

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

    def get_total_stake_amount(self) -> float:
        return 9_500.0


class Market:
    """An exchange that takes orders of 5 USDT and more."""

    def get_min_pair_stake_amount(self, *_: object) -> float:
        return 5.0

    def get_max_pair_stake_amount(self, *_: object) -> float:
        return float("inf")


@pytest.fixture
def strategy(tmp_path: Path) -> IStrategy:
    return written_down(tmp_path)


def written_down(folder: Path, reasons: str = "None") -> IStrategy:
    text = STRATEGY.replace("WEIGHTS", str(WEIGHTS)).replace("REASONS", reasons)
    return loaded("WrittenDown", text, folder)


def loaded(name: str, text: str, folder: Path) -> IStrategy:
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    settings = {"tradable_balance_ratio": 0.95, "max_open_trades": 3}
    made = load(name, folder, runmode=RunMode.BACKTEST, **settings)
    made.wallets = Balance()
    made.dp = DataProvider(made.config, Market())
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
    free = {"fee_open": 0.0, "fee_close": 0.0}
    fields: dict[str, Any] = {"amount": amount, "is_short": short, "stake_amount": amount * 100}
    made = LocalTrade(**trade_fields(opened, **fields, **free))
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


def started_again(strategy: IStrategy) -> IStrategy:
    """Forget what was planned, as a bot that starts again."""
    strategy._plan = strategy._asked = strategy._orders = None
    return strategy


def adjusted(strategy: IStrategy, held: LocalTrade, now: datetime, price: float) -> float | None:
    LocalTrade.add_bt_trade(held)
    try:
        return strategy.adjust_position(held, now, price, 0.0)
    finally:
        LocalTrade.remove_bt_trade(held)
        started_again(strategy)


# Signals


def test_a_day_counts_from_the_candle_that_opens_after_it(strategy: IStrategy) -> None:
    found = analysed(strategy).set_index("date")["target_weight"]
    # The fourth of January, 0.05, is known to the candle that closes with it.
    assert found.loc["2024-01-04 22:00"] == 0.01
    assert (found.loc["2024-01-04 23:00":"2024-01-05 22:00"] == 0.05).all()
    assert np.isnan(found.loc["2024-01-09 23:00"])


def test_entries_come_at_midnight_and_an_hour_later_on_the_targets_side(
    strategy: IStrategy,
) -> None:
    found = analysed(strategy)
    assert days_with(found, "enter_long") == [4, 5, 6, 9, 11]
    assert days_with(found, "enter_short") == [8]
    entered = found[found["enter_long"].eq(1) | found["enter_short"].eq(1)]
    assert set(entered["date"].dt.hour) == {23, 0}


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
    days = ["BTC 03", "BTC 04", "BTC 05", "BTC 08", "BTC 10"]
    assert tags == [day for day in days for _ in range(2)]
    assert found["enter_tag"].str.startswith("BTC").sum() == 12


# Stakes: full size 0.10 of 10,000 and a buffer of 0.2, so a band of 200 USDT


@pytest.mark.usefixtures("trades")
def test_the_stake_brings_a_flat_pair_to_the_edge_of_its_band(strategy: IStrategy) -> None:
    now = MIDNIGHT + timedelta(seconds=3)
    assert strategy.desired_stake(PAIR, Side.LONG, 50.0, now) == pytest.approx(800.0)


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize(
    ("pair", "side", "day"),
    [
        (PAIR, Side.SHORT, 9),
        (PAIR, Side.LONG, 10),
        (OTHER, Side.LONG, 9),
        (PAIR, Side.LONG, 25),
        (PAIR, Side.LONG, 4),
    ],
)
def test_no_stake_without_a_target_beyond_the_band_on_that_side(
    strategy: IStrategy, pair: str, side: Side, day: int
) -> None:
    now = datetime(2024, 1, day, tzinfo=UTC)
    assert strategy.desired_stake(pair, side, 50.0, now) == 0.0


@pytest.mark.usefixtures("trades")
def test_after_two_candles_the_day_is_over(strategy: IStrategy) -> None:
    for hours, stake in ((1.9, 800.0), (2, 0.0)):
        now = MIDNIGHT + timedelta(hours=hours)
        assert strategy.desired_stake(PAIR, Side.LONG, 50.0, now) == pytest.approx(stake)


def stopped_out(closed: datetime, *, reason: str = "trailing_stop_loss", pair: str = PAIR) -> None:
    made = position(amount=5.0, opened=closed - timedelta(days=1))
    made.pair = pair
    LocalTrade.add_bt_trade(made)
    made.is_open, made.close_date, made.close_profit_abs = False, closed, -1.0
    made.exit_reason = reason
    LocalTrade.close_bt_trade(made)


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize(
    ("closed", "reason", "stake"),
    [
        # Its target was opposite on the seventh, so that a stop before is forgotten.
        (MIDNIGHT - timedelta(hours=5), "trailing_stop_loss", 0.0),
        (MIDNIGHT - timedelta(hours=5), "stoploss_on_exchange", 0.0),
        (MIDNIGHT - timedelta(hours=5), "WrittenDown_ended", 800.0),
        (MIDNIGHT - timedelta(hours=30), "trailing_stop_loss", 800.0),
        (MIDNIGHT + timedelta(minutes=5), "stop_loss", 0.0),
    ],
)
def test_a_leg_that_was_stopped_out_is_not_entered_on_the_same_side(
    strategy: IStrategy, closed: datetime, reason: str, stake: float
) -> None:
    stopped_out(closed, reason=reason)
    now = MIDNIGHT + timedelta(minutes=30)
    assert strategy.desired_stake(PAIR, Side.LONG, 50.0, now) == pytest.approx(stake)


# Changes of a position


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize(
    ("amount", "price", "expected"),
    [
        (5.0, 100.0, 300.0),
        (8.1, 100.0, None),
        (12.0, 100.0, None),
        (13.0, 100.0, -100.0),
        (5.0, 120.0, 360.0),
    ],
)
def test_a_long_is_brought_to_the_edge_of_its_band(
    strategy: IStrategy, amount: float, price: float, expected: float | None
) -> None:
    held = position(amount=amount, opened=MIDNIGHT - timedelta(days=2))
    found = adjusted(strategy, held, MIDNIGHT, price)
    assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize("hour", [0, 1, 2])
def test_where_it_rests_no_position_is_changed_nor_ended(strategy: IStrategy, hour: int) -> None:
    now, rested = MIDNIGHT + timedelta(hours=hour), 0
    for amount in range(1, 20):
        for short in (False, True):
            opened = MIDNIGHT - timedelta(days=2)
            held = position(amount=float(amount), opened=opened, short=short)
            LocalTrade.add_bt_trade(held)
            rests = strategy.rests(now, with_entries=False)
            wants = strategy.wants_change(held, now, 100.0)
            LocalTrade.remove_bt_trade(held)
            started_again(strategy)
            assert not (rests and wants)
            rested += rests
    assert 0 < rested < 38 or hour == 2


@pytest.mark.usefixtures("trades")
def test_it_does_not_rest_where_a_pair_is_to_be_entered(strategy: IStrategy) -> None:
    strategy.config["stake_amount"] = "unlimited"
    assert not strategy.rests(MIDNIGHT, with_entries=True)
    assert strategy.rests(MIDNIGHT + timedelta(hours=2), with_entries=True)


@pytest.mark.usefixtures("trades")
def test_where_another_says_stakes_or_changes_it_never_rests(
    strategy: IStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = MIDNIGHT + timedelta(hours=2)
    strategy.config["stake_amount"] = 100
    assert not strategy.rests(later, with_entries=True)
    assert strategy.rests(later, with_entries=False)
    monkeypatch.setattr(type(strategy), "adjust_position", lambda self, *_: None)
    assert not strategy.rests(later, with_entries=False)


@pytest.mark.usefixtures("trades")
def test_the_smallest_order_is_sent_whatever_the_price_has_become(tmp_path: Path) -> None:
    strategy = written_down(tmp_path)
    type(strategy).least_order_fraction = 0.06
    held = position(amount=5.0, opened=MIDNIGHT - timedelta(days=2))
    # 300 USDT are missing to the band's edge, and no order is below 600.
    assert adjusted(strategy, held, MIDNIGHT, 99.0) == pytest.approx(594.0)


@pytest.mark.usefixtures("trades")
def test_what_is_taken_off_is_told_in_the_stake_at_entry_prices(strategy: IStrategy) -> None:
    held = position(amount=15.0, opened=MIDNIGHT - timedelta(days=2))
    held.open_rate, held.stake_amount = 80.0, 1200.0
    found = adjusted(strategy, held, MIDNIGHT, 100.0)
    # 15 are held in an account of 10,300: 12.36 of them are in the band, and each cost 80.
    assert found == pytest.approx(-(15.0 - 12.36) * 80)


@pytest.mark.usefixtures("trades")
def test_a_short_is_enlarged_and_reduced_like_a_long(strategy: IStrategy) -> None:
    now = datetime(2024, 1, 8, tzinfo=UTC)
    for amount, expected in ((1.0, 200.0), (9.0, -200.0), (6.0, None)):
        held = position(amount=amount, opened=now - timedelta(days=2), short=True)
        found = adjusted(strategy, held, now, 100.0)
        assert found == (None if expected is None else pytest.approx(expected))


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize("now", [MIDNIGHT + timedelta(hours=2), MIDNIGHT - timedelta(minutes=5)])
def test_nothing_is_changed_but_in_the_first_two_candles_of_a_day(
    strategy: IStrategy, now: datetime
) -> None:
    held = position(amount=1.0, opened=MIDNIGHT - timedelta(days=2))
    assert adjusted(strategy, held, now, 100.0) is None


@pytest.mark.usefixtures("trades")
def test_what_was_traded_on_this_candle_is_left_alone(strategy: IStrategy) -> None:
    for opened, stake in ((MIDNIGHT, None), (MIDNIGHT - timedelta(hours=1), 700.0)):
        held = position(amount=1.0, opened=opened)
        found = adjusted(strategy, held, MIDNIGHT + timedelta(minutes=20), 100.0)
        assert found == (None if stake is None else pytest.approx(stake))


@pytest.mark.usefixtures("trades")
def test_what_the_first_candle_left_out_follows_on_the_second(strategy: IStrategy) -> None:
    held = position(amount=1.0, opened=MIDNIGHT)
    LocalTrade.add_bt_trade(held)
    assert strategy.adjust_position(held, MIDNIGHT, 100.0, 0.0) is None
    found = strategy.adjust_position(held, MIDNIGHT + timedelta(hours=1), 100.0, 0.0)
    assert found == pytest.approx(700.0)


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize("day", [8, 10, 25])
def test_a_target_of_the_other_side_or_none_is_left_to_the_exit(
    strategy: IStrategy, day: int
) -> None:
    now = datetime(2024, 1, day, tzinfo=UTC)
    held = position(amount=5.0, opened=now - timedelta(days=2))
    assert adjusted(strategy, held, now, 100.0) is None


def exit_of(strategy: IStrategy, held: LocalTrade, now: datetime) -> str | None:
    LocalTrade.add_bt_trade(held)
    return strategy.exit_reason(held, now, 100.0, 0.0)


@pytest.mark.usefixtures("trades")
def test_a_target_too_small_to_hold_is_closed(tmp_path: Path) -> None:
    # 100 USDT of target are below 1.2 % of the equity, the smallest order here.
    strategy = written_down(tmp_path)
    type(strategy).least_order_fraction = 0.012
    now = datetime(2024, 1, 4, tzinfo=UTC)
    held = position(amount=3.0, opened=now - timedelta(days=2))
    assert exit_of(strategy, held, now) == "WrittenDown_ended"


@pytest.mark.usefixtures("trades")
def test_a_target_that_can_be_held_is_no_exit(strategy: IStrategy) -> None:
    now = datetime(2024, 1, 4, tzinfo=UTC)
    held = position(amount=3.0, opened=now - timedelta(days=2))
    assert exit_of(strategy, held, now) is None


@pytest.mark.usefixtures("trades")
def test_after_a_stop_the_rest_is_planned_again_at_the_next_hour(tmp_path: Path) -> None:
    strategy = written_down(tmp_path)
    now = datetime(2024, 1, 9, 15, 20, tzinfo=UTC)
    assert strategy.plan(now) is None
    stopped_out(now)
    for minutes, planned in ((30, False), (40, True), (159, True), (160, False)):
        plan = strategy.plan(now + timedelta(minutes=minutes))
        assert (plan is not None) is planned
        if plan is not None:
            assert plan.moment == now.replace(hour=16, minute=0)
            assert plan.values_usd == {PAIR: 0.0}


@pytest.mark.usefixtures("trades")
def test_nothing_is_entered_between_two_days(strategy: IStrategy) -> None:
    now = datetime(2024, 1, 9, 15, 20, tzinfo=UTC)
    stopped_out(now, pair=OTHER)
    again = now.replace(hour=16, minute=5)
    assert strategy.plan(again).values_usd == {PAIR: 0.0}
    held = position(amount=5.0, opened=MIDNIGHT - timedelta(days=2))
    assert adjusted(started_again(strategy), held, again, 100.0) == pytest.approx(300.0)


# Decided within the day

WITHIN = '''
"""Half of a tenth from midnight on, all of it from noon on, nothing from 20:00 on."""
import numpy as np
import pandas as pd
from freqtrade.strategy import DecimalParameter
from plimsoll.strategies import Panel, PortfolioStrategy, Targets

DAYS = pd.DataFrame({"close": 100.0}, pd.date_range("2023-12-31", periods=12, tz="UTC"))
OPENS = pd.date_range("2023-12-31", periods=72, freq="4h", tz="UTC")
# It doubles between 08:00 and noon.
CANDLES = pd.DataFrame({"close": np.where(OPENS.hour == 8, 200.0, 100.0)}, OPENS)
PANEL = Panel(
    {"1d": {"BTC/USDT:USDT": DAYS}, "4h": {"BTC/USDT:USDT": CANDLES}}, pd.DataFrame()
)


class WithinDay(PortfolioStrategy):
    """Half, all, nothing."""

    panel_timeframes = ("1d", "4h")
    buffer = DecimalParameter(0.1, 0.5, default=0.2, space="buy")

    def panel(self):
        return PANEL

    def targets(self, panel):
        share = np.select([OPENS.hour == 16, OPENS.hour.isin([8, 12])], [0.0, 1.0], 0.5)
        weights = pd.DataFrame({"BTC/USDT:USDT": 0.1 * share}, OPENS)
        return Targets(weights, weights * 0 + 0.1, span=pd.Timedelta(hours=4))
'''


@pytest.fixture
def within(tmp_path: Path) -> IStrategy:
    return loaded("WithinDay", WITHIN, tmp_path)


def test_within_a_day_signals_follow_the_candle_that_knows_the_target(within: IStrategy) -> None:
    found = analysed(within).set_index("date")
    day = found.loc["2024-01-05 23:00":"2024-01-06 22:00"]
    opens = day.index + pd.Timedelta(hours=1)
    assert list(opens[day["enter_long"].eq(1)].hour) == [0, 1, 12, 13]
    assert list(opens[day["exit_long"].eq(1)].hour) == [20, 21, 22, 23]


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize(
    ("hour", "stake"), [(0.1, 300.0), (2, 0.0), (11.9, 0.0), (12, 800.0), (14, 0.0), (20, 0.0)]
)
def test_within_a_day_what_is_entered_is_the_plan_of_the_last_decision(
    within: IStrategy, hour: float, stake: float
) -> None:
    now = MIDNIGHT + timedelta(hours=hour)
    assert within.desired_stake(PAIR, Side.LONG, 50.0, now) == pytest.approx(stake)


@pytest.mark.usefixtures("trades")
def test_within_a_day_what_is_held_is_worth_the_last_close_of_the_targets_candles(
    within: IStrategy,
) -> None:
    held = position(amount=2.5, opened=MIDNIGHT - timedelta(days=2))
    # At noon 2.5 coins of 200 are 500 of an account of 10,250; 820 are in the band.
    found = adjusted(within, held, MIDNIGHT + timedelta(hours=12), 200.0)
    assert found == pytest.approx(820.0 - 500.0)


@pytest.mark.usefixtures("trades")
def test_within_a_day_a_target_that_has_become_nothing_is_closed_at_once(
    within: IStrategy,
) -> None:
    held = position(amount=5.0, opened=MIDNIGHT)
    for hours, reason in ((19.9, None), (20, "WithinDay_ended")):
        assert exit_of(within, held, MIDNIGHT + timedelta(hours=hours)) == reason
        LocalTrade.remove_bt_trade(held)


@pytest.mark.usefixtures("trades")
def test_the_past_is_measured_by_what_was_decided_with_each_day(tmp_path: Path) -> None:
    # Nothing from 04:00 on, and half again at midnight.
    text = WITHIN.replace("OPENS.hour == 16", "OPENS.hour.isin([16, 0])")
    known = loaded("WithinDay", text, tmp_path).past_shortfall()
    assert (known.days, known.asked) == (12, pytest.approx(0.05))


# The stop


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize("short", [False, True])
def test_the_stop_is_thirty_percent_from_the_last_fill(strategy: IStrategy, *, short: bool) -> None:
    candles = analysed(strategy).set_index("date")["close"]
    held = position(amount=5.0, opened=MIDNIGHT - timedelta(days=3), short=short)
    held.orders += position(amount=1.0, opened=MIDNIGHT, short=not short).orders
    held.orders[-1].average = held.orders[-1].price = 140.0
    distance = 0.30 * candles.loc["2024-01-08 23:00"]
    expected = 140.0 + distance if short else 140.0 - distance
    assert strategy._stop_price(held, 140.0) == pytest.approx(expected)


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize(("short", "price"), [(False, 75.0), (True, 125.0), (False, 140.0)])
def test_the_stop_stays_where_it_is_when_freqtrade_works_out_the_trade_again(
    strategy: IStrategy, price: float, *, short: bool
) -> None:
    # It measures a stop's fraction from the average entry then, and keeps the nearer price.
    candles = analysed(strategy).set_index("date")["close"]
    held = position(amount=10.0, opened=MIDNIGHT - timedelta(days=3), short=short)
    held.adjust_stop_loss(100.0, strategy.stoploss, initial=True)
    strategy.ft_stoploss_adjust(100.0, held, held.open_date_utc, 0.0, 0, after_fill=True)
    reduced = position(amount=5.0, opened=MIDNIGHT, short=not short).orders[0]
    reduced.average = reduced.price = price
    held.orders.append(reduced)
    strategy.ft_stoploss_adjust(price, held, MIDNIGHT, 0.0, 0, after_fill=True)
    held.recalc_trade_from_orders()
    strategy.ft_stoploss_adjust(price, held, MIDNIGHT + timedelta(hours=1), 0.0, 0)
    distance = 0.30 * candles.loc["2024-01-08 23:00"]
    expected = price + distance if short else price - distance
    assert held.amount == 5.0
    assert held.stop_loss == pytest.approx(expected)


@pytest.mark.usefixtures("trades")
@pytest.mark.parametrize(("share", "expected"), [(0.49, None), (0.51, 180.0)])
def test_a_leg_that_drifted_halfway_to_its_stop_is_brought_to_its_target(
    strategy: IStrategy, share: float, expected: float | None
) -> None:
    distance = 0.30 * analysed(strategy).set_index("date")["close"].loc["2024-01-06 23:00"]
    held = position(amount=8.1, opened=MIDNIGHT - timedelta(days=2))
    # The panel's last close is 100; the target is worth 1,000 USDT and the smallest order 10.
    held.orders[-1].average = held.orders[-1].price = 100.0 + share * distance
    step = adjusted(strategy, held, MIDNIGHT, 100.0)
    assert step == (None if expected is None else pytest.approx(expected))


@pytest.mark.usefixtures("trades")
def test_the_stop_is_inside_the_liquidation_price(strategy: IStrategy) -> None:
    analysed(strategy)
    held = position(amount=5.0, opened=MIDNIGHT - timedelta(days=3), short=True)
    held.orders += position(amount=1.0, opened=MIDNIGHT, short=True).orders
    held.orders[-1].average = held.orders[-1].price = 185.0
    assert strategy._stop_price(held, 185.0) == pytest.approx(190.0)


def test_the_startup_is_the_strategys_own_not_the_panels(strategy: IStrategy) -> None:
    # One call of 499 candles serves it, so that funding and days are fetched in one call too.
    assert strategy.startup_candle_count == 480


def test_freqtrade_is_asked_to_adjust_positions(strategy: IStrategy) -> None:
    assert strategy.position_adjustment_enable is True


def test_a_plan_is_carried_out_on_the_first_candles_of_a_day_and_nowhere_else(
    strategy: IStrategy,
) -> None:
    analysed(strategy)
    opens = pd.date_range(MIDNIGHT - timedelta(days=1), periods=48, freq="1h")
    mask = strategy.may_act_at(opens)
    assert opens[mask].hour.tolist() == [0, 1, 0, 1]


def test_an_adjustment_of_its_own_may_be_on_any_candle(
    strategy: IStrategy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(strategy), "adjust_position", lambda self, *_: None)
    assert strategy.may_act_at(pd.DatetimeIndex([MIDNIGHT])) is None


def test_an_entry_is_wanted_on_the_side_of_the_plan(strategy: IStrategy, trades: None) -> None:
    analysed(strategy)
    strategy.config["stake_amount"] = "unlimited"
    wants = [strategy.wants_entry(PAIR, side, MIDNIGHT) for side in (Side.LONG, Side.SHORT)]
    assert wants == [True, False]
    assert not strategy.wants_entry(PAIR, Side.LONG, MIDNIGHT + timedelta(hours=2))


def test_a_fixed_stake_may_fail_before_the_plan_is_asked(strategy: IStrategy, trades: None) -> None:
    analysed(strategy)
    strategy.config["stake_amount"] = 100.0
    assert strategy.wants_entry(PAIR, Side.SHORT, MIDNIGHT)


def test_a_change_is_wanted_where_the_plan_holds_another_amount(
    strategy: IStrategy, trades: None
) -> None:
    analysed(strategy)
    opened = MIDNIGHT - timedelta(days=1)
    fields = {"amount": 10.0, "pair": PAIR, "amount_precision": 0.001}
    held = LocalTrade(**trade_fields(opened, **fields))
    LocalTrade.add_bt_trade(held)
    wanted = strategy.plan(MIDNIGHT).values_usd[PAIR]
    changes = strategy.adjust_position(held, MIDNIGHT, 100.0, 0.0) is not None
    assert strategy.wants_change(held, MIDNIGHT, 100.0) is changes
    assert wanted > 0
    assert not strategy.wants_change(held, MIDNIGHT + timedelta(hours=3), 100.0)


def test_only_a_stop_has_the_rest_of_the_book_planned_again(strategy: IStrategy) -> None:
    closed = LocalTrade(**trade_fields(MIDNIGHT), exit_reason="stop_loss")
    assert strategy.acting_after(closed) == strategy.carrying_candles + 1
    closed.exit_reason = "WrittenDown_ended"
    assert strategy.acting_after(closed) == 0
