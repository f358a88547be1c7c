"""When a portfolio decides: as its targets do, and after a stop; and what is not entered then."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from plimsoll.bridge.strategies.decision_times import DecisionTimes
from plimsoll.signals.panels import Targets
from tests.unit.bridge.strategies.test_portfolio import OTHER, PAIR, stopped_out
from tests.unit.bridge.trades import backtest_trades

DAY = datetime(2024, 1, 9, tzinfo=UTC)
SPAN = pd.Timedelta(hours=4)


class Holding:
    """Targets of ten days on candles of 4 h: BTC changes at 04:00 and 12:00 of each."""

    barred_decisions = 7
    carrying_candles = 2

    def __init__(self, *, sign_at_noon: float = 0.5, span: pd.Timedelta = SPAN) -> None:
        opens = pd.date_range("2024-01-01", "2024-01-10", freq=span, inclusive="left", tz="UTC")
        after_noon = opens.hour >= 8  # known from noon on
        weights = pd.DataFrame({PAIR: 0.1, OTHER: 0.1}, opens)
        weights.loc[after_noon, PAIR] = 0.1 * sign_at_noon
        self.made = Targets(weights, weights * 0 + 0.1, span=span)

    def current_targets(self) -> Targets:
        return self.made

    def candle_span(self) -> pd.Timedelta:
        return pd.Timedelta(hours=1)


@pytest.fixture(autouse=True)
def trades() -> Iterator[None]:
    with backtest_trades():
        yield


def at(hour: float) -> datetime:
    return DAY + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("hour", "last"), [(0, 0), (3.9, 0), (4, 4), (11.9, 4), (12, 12), (12.5, 12), (23.9, 12)]
)
def test_it_is_decided_at_midnight_and_where_a_target_changed(hour: float, last: float) -> None:
    assert DecisionTimes(Holding()).last(at(hour)) == at(last)


def test_daily_targets_decide_at_midnight_alone() -> None:
    daily = DecisionTimes(Holding(span=pd.Timedelta(days=1)))
    assert {daily.last(at(hour)) for hour in range(24)} == {DAY}


def test_a_day_whose_targets_are_not_there_yet_begins_at_its_midnight() -> None:
    times = DecisionTimes(Holding())
    assert times.last(DAY + timedelta(days=3, hours=5)) == DAY + timedelta(days=3)
    assert times.last(datetime(2023, 12, 30, 7, tzinfo=UTC)) == datetime(2023, 12, 30, tzinfo=UTC)


def test_many_moments_are_carried_as_far_from_the_decision_as_each_one_is() -> None:
    times = DecisionTimes(Holding())
    moments = pd.Series(pd.date_range("2023-12-31", "2024-01-12", freq="30min", tz="UTC"))
    since = [moment - times.last(moment.to_pydatetime()) for moment in moments]
    assert times.are_carried(moments).tolist() == [one < timedelta(hours=2) for one in since]


def test_after_a_stop_it_is_decided_again_at_the_next_candle() -> None:
    stopped_out(at(14.3), pair=OTHER)
    for hour, last in ((14.9, 12), (15, 15), (23, 15)):
        assert DecisionTimes(Holding()).last(at(hour)) == at(last)


def test_a_stop_before_the_last_decision_is_none_of_it() -> None:
    stopped_out(at(10.3), pair=OTHER)
    times = DecisionTimes(Holding())
    assert [times.last(at(hour)) for hour in (11.5, 12.5)] == [at(11), at(12)]


def test_flat_pairs_are_shut_after_a_stop_and_open_where_a_target_changed() -> None:
    stopped_out(at(14.3), pair="SOL/USDT:USDT")
    times, goals = DecisionTimes(Holding()), {PAIR: 0.1, OTHER: 0.1}
    assert times.shut(pd.Timestamp(at(12)), {OTHER: 5.0}, goals) == set()
    assert times.shut(pd.Timestamp(at(15)), {OTHER: 5.0}, goals) == {PAIR}


def test_a_leg_that_was_stopped_out_is_barred_until_a_target_within_the_day_was_opposite() -> None:
    stopped_out(at(9.5))
    for sign, barred in ((0.5, {PAIR}), (-0.5, set())):
        times = DecisionTimes(Holding(sign_at_noon=sign))
        assert times.barred(at(11.5)) == {PAIR}
        assert times.barred(at(12)) == barred


def test_seven_decisions_are_seven_days_however_many_rows_a_day_has() -> None:
    stopped_out(datetime(2024, 1, 1, 9, tzinfo=UTC))
    for span, hour in ((SPAN, 8), (SPAN * 6, 0)):
        times, then = DecisionTimes(Holding(span=span)), datetime(2024, 1, 8, hour, tzinfo=UTC)
        assert times.barred(then - timedelta(seconds=1)) == {PAIR}
        assert times.barred(then) == set()


def test_what_was_decided_is_carried_out_on_as_many_candles_as_declared() -> None:
    moments = pd.Series([at(hour) for hour in (0, 1, 2, 3, 4, 5, 6, 12, 13, 14)])
    carried = DecisionTimes(Holding()).are_carried(moments)
    assert carried.tolist() == [True, True, False, False, True, True, False, True, True, False]
