"""Day start and high-water mark: in memory, in Freqtrade's database, and after a restart."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import KeyValueStore, WalletHistory
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.account.equity_levels import EquityLevels
from plimsoll.bridge.account.level_store import recorded_levels, store_levels
from plimsoll.core import ClosedTrade
from plimsoll.risk import RiskProfile
from tests.unit.bridge.trades import database_trades
from tests.unit.risk.accounts import closed

NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)
MIDNIGHT = NOW.replace(hour=0)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def levels(*, hour: int = 0, confirm: bool = True) -> EquityLevels:
    return EquityLevels(day_starts_at_hour_utc=hour, confirm_highs=confirm)


def begun(day_start: float | None = 1000.0, high: float = 1000.0) -> EquityLevels:
    made = levels()
    made.begin(NOW, day_start, high)
    return made


def seen(made: EquityLevels, *marks: float | None) -> tuple[float | None, float | None]:
    for count, mark in enumerate(marks):
        made.observe(NOW + count * timedelta(seconds=5), mark)
    return made.day_start_usd, made.high_water_usd


# The day


def test_the_first_mark_begins_the_day_and_is_the_high() -> None:
    made = levels()
    assert made.observe(NOW, 1000.0) is True
    assert (made.day_start_usd, made.high_water_usd) == (1000.0, 1000.0)
    assert made.day_ends_at == MIDNIGHT + DAY


def test_the_day_begins_with_the_first_mark_at_its_hour_or_later() -> None:
    made = levels(hour=5)
    made.observe(NOW, 1000.0)
    end = MIDNIGHT + DAY + 5 * HOUR
    assert made.day_ends_at == end
    assert made.observe(end - timedelta(seconds=1), 900.0) is False
    assert made.day_start_usd == 1000.0
    assert made.observe(end, 880.0) is True
    assert (made.day_start_usd, made.day_ends_at) == (880.0, end + DAY)


def test_days_without_a_mark_are_passed_over() -> None:
    made = levels()
    made.observe(NOW, 1000.0)
    made.observe(NOW + 5 * DAY, 900.0)
    assert (made.day_start_usd, made.day_ends_at) == (900.0, MIDNIGHT + 6 * DAY)


@pytest.mark.parametrize("mark", [None, nan, inf, -inf])
def test_a_mark_that_is_no_number_is_not_taken(mark: float | None) -> None:
    made = begun()
    assert made.observe(NOW + 2 * DAY, mark) is False
    assert (made.day_start_usd, made.high_water_usd) == (1000.0, 1000.0)
    assert made.day_ends_at == MIDNIGHT + DAY, "the day begins with the first mark of it"


# The high


def test_a_high_needs_two_marks_in_a_row() -> None:
    assert seen(begun(), 1000.0, 1500.0, 1000.0)[1] == 1000.0
    assert seen(begun(), 1000.0, 1500.0, 1400.0)[1] == 1400.0
    assert seen(begun(), 1000.0, 1100.0, 1200.0, 1300.0)[1] == 1200.0


def test_the_first_mark_after_a_start_is_no_second_one() -> None:
    assert seen(begun(), 1500.0)[1] == 1000.0
    assert seen(begun(), 1500.0, 1500.0)[1] == 1500.0


def test_a_missing_mark_between_two_does_not_confirm_by_itself() -> None:
    assert seen(begun(), 1000.0, 1500.0, None, 1000.0)[1] == 1000.0


def test_zero_and_debt_are_marks_too() -> None:
    assert seen(begun(), 0.0, 1500.0, 1000.0)[1] == 1000.0
    assert seen(begun(), -5.0, 1500.0, 1000.0)[1] == 1000.0


def test_a_backtest_takes_a_high_at_once() -> None:
    made = levels(confirm=False)
    made.observe(NOW, 1000.0)
    assert made.observe(NOW + HOUR, 1500.0) is True
    assert made.observe(NOW + 2 * HOUR, 1000.0) is False
    assert made.high_water_usd == 1500.0


def test_what_changes_nothing_says_so() -> None:
    made = begun()
    assert [made.observe(NOW, mark) for mark in (990.0, 1000.0, 1000.0)] == [False] * 3


def test_rearming_measures_from_the_next_mark_on() -> None:
    made = begun(high=2000.0)
    seen(made, 900.0)
    made.rearm()
    assert made.high_water_usd is None
    assert seen(made, 870.0, 950.0, 900.0) == (1000.0, 900.0)


# In the database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        enable_database_use()
        yield
        enable_database_use()


def trade(profit: float, at: datetime) -> ClosedTrade:
    return closed(profit, closed_at=at)


def recorded(
    *trades: ClosedTrade,
    since: datetime | None = None,
    outside: float = 0.0,
    now: datetime = NOW,
    **limits: Any,
) -> tuple[float, float]:
    found = recorded_levels(
        now,
        starting_balance_usd=1000.0,
        outside_usd=outside,
        closed=trades,
        since=since,
        profile=RiskProfile(**limits),
    )
    return found.day_start_usd, found.high_water_usd


def store(made: EquityLevels, *, since: datetime | None = None, now: datetime = NOW) -> None:
    store_levels(made, now, RiskProfile(), since=since)


def history(at: datetime, *totals: float | None, managed: bool = True) -> None:
    """Write a day of Freqtrade's wallet history: one row a currency or position."""
    for number, total in enumerate(totals):
        row = WalletHistory(
            timestamp=at.replace(tzinfo=None),
            currency=f"COIN{number}{managed}",
            quote_currency="USDT",
            balance=1.0,
            leverage=1.0,
            total_quote=total,
            bot_managed=managed,
        )
        WalletHistory.session.add(row)
    WalletHistory.session.commit()


@pytest.mark.usefixtures("database")
class TestRecorded:
    def test_an_empty_database_gives_the_starting_balance(self) -> None:
        assert recorded() == (1000.0, 1000.0)

    def test_the_day_begins_with_what_was_realised_before_it(self) -> None:
        at = trade(-7.0, MIDNIGHT), trade(-30.0, NOW - HOUR)
        assert recorded(trade(50.0, MIDNIGHT - HOUR), *at) == (1050.0, 1050.0)

    def test_the_day_begins_at_the_profiles_hour(self) -> None:
        found = recorded(
            trade(50.0, MIDNIGHT - HOUR),
            trade(-30.0, MIDNIGHT + 4 * HOUR),
            day_starts_at_hour_utc=5,
        )
        assert found[0] == 1020.0

    def test_the_high_is_the_highest_realised_equity(self) -> None:
        days = [NOW - count * DAY for count in (4, 3, 2)]
        trades = map(trade, (200.0, -500.0, 100.0), days)
        assert recorded(*trades)[1] == 1200.0

    def test_an_account_that_only_lost_has_its_start_for_a_high(self) -> None:
        assert recorded(trade(-100.0, NOW - 2 * DAY)) == (900.0, 1000.0)

    def test_after_a_rearming_the_high_begins_with_the_equity_then(self) -> None:
        since = NOW - 3 * DAY
        before = [trade(500.0, since - DAY), trade(-300.0, since)]
        assert recorded(*before, since=since)[1] == 1200.0
        assert recorded(*before, trade(40.0, since + HOUR), since=since)[1] == 1240.0
        assert recorded(*before, trade(-40.0, since + HOUR), since=since)[1] == 1200.0

    def test_the_wallet_history_counts_what_is_the_bots(self) -> None:
        # 1,300 in two rows; another 700 is a person's own coin, one row has no price.
        history(MIDNIGHT - DAY, 900.0, 400.0, None)
        history(MIDNIGHT - DAY, 700.0, managed=False)
        history(MIDNIGHT, 1100.0)
        assert recorded()[1] == 1300.0

    def test_what_lies_outside_of_the_bots_share_is_taken_off(self) -> None:
        history(MIDNIGHT, 2400.0)
        assert recorded(outside=1000.0)[1] == 1400.0

    def test_only_the_history_since_the_rearming_counts(self) -> None:
        history(MIDNIGHT - 3 * DAY, 3000.0)
        history(MIDNIGHT - DAY, 1300.0)
        assert recorded(since=MIDNIGHT - 3 * DAY)[1] == 1300.0
        assert recorded(since=MIDNIGHT - 3 * DAY - HOUR)[1] == 3000.0

    def test_a_restart_finds_the_levels_that_were_stored(self) -> None:
        store(begun(day_start=970.0, high=1234.5))
        assert recorded() == (970.0, 1234.5)

    def test_the_stored_day_is_of_no_use_on_the_next(self) -> None:
        store(begun(day_start=970.0))
        found = recorded(trade(25.0, NOW), now=NOW + DAY)
        assert found[0] == 1025.0

    def test_a_day_that_begins_at_another_hour_is_another_day(self) -> None:
        store(begun(day_start=970.0))
        assert recorded(day_starts_at_hour_utc=3)[0] == 1000.0

    def test_realised_profit_beside_open_losses_does_not_raise_a_stored_high(self) -> None:
        """Equity was never 1,400: an open loss stood against the profit all the time."""
        store(begun(high=1050.0))
        assert recorded(trade(400.0, NOW - HOUR))[1] == 1050.0

    def test_a_high_from_before_the_rearming_does_not_count(self) -> None:
        store(begun(high=5000.0))
        assert recorded(since=NOW)[1] == 1000.0
        store(begun(high=5000.0), since=NOW - DAY)
        assert recorded(since=NOW)[1] == 1000.0

    def test_a_high_since_the_rearming_counts(self) -> None:
        store(begun(high=880.0), since=NOW)
        assert recorded(since=NOW)[1] == 880.0

    def test_a_rearming_that_was_noticed_a_loop_later_counts(self) -> None:
        store(begun(high=880.0), since=NOW + timedelta(seconds=5))
        assert recorded(since=NOW)[1] == 880.0

    def test_levels_that_are_unknown_are_not_stored(self) -> None:
        store(levels())
        assert KeyValueStore.get_float_value("plimsoll_high_water_equity") is None
        assert KeyValueStore.get_float_value("plimsoll_day_start_equity") is None
        store(begun())
        assert KeyValueStore.get_float_value("plimsoll_high_water_equity") == 1000.0
