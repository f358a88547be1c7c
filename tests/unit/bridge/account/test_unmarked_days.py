"""A day that began while nobody looked: what its losses are measured from."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from plimsoll.bridge.account.levels import LiveLevels
from plimsoll.bridge.account.stored_levels import read_levels
from plimsoll.risk import RiskProfile
from tests.unit.bridge.account.test_levels import DAY, HOUR, MIDNIGHT
from tests.unit.bridge.bots import BTC, Bot, open_trade, running_bot
from tests.unit.bridge.guarding.test_live_session import LOOP, exits, loops, status
from tests.unit.bridge.trades import FEE

LATE = datetime(2026, 11, 19, 23, 50, tzinfo=UTC)
NO_STOP = {"stoploss": -0.99}


@pytest.fixture
def late() -> Iterator[Any]:
    with time_machine.travel(LATE, tick=False) as traveller:
        yield traveller


def equity_at(price: float, amount: float = 50.0) -> float:
    """10,000 USD with 50 coins of BTC bought at 100, at a price."""
    return 10_000.0 + amount * (price - 100.0) - FEE * amount * (price + 100.0)


def seen(bot: Bot, clock: Any, price: float, count: int = 2) -> float:
    """Loop at a price and return what the day started with."""
    bot.exchange.prices[BTC] = price
    loops(bot, clock, count)
    return float(bot.strategy._session._account.facts()["day_start_equity_usd"])


def until(clock: Any, moment: datetime) -> None:
    clock.move_to(moment - LOOP)


# A restart after the end of the day


def test_an_open_loss_of_yesterday_is_no_loss_of_today(tmp_path: Path, late: Any) -> None:
    """The day started with realised equity: a restart closed what had lost long before."""
    with running_bot(tmp_path, **NO_STOP) as bot:
        seen(bot, late, 100.0)
        open_trade(LATE, amount=50.0, stake_amount=5000.0)
        seen(bot, late, 96.0)  # 2 % of the account
        until(late, LATE + DAY)
        seen(bot, late, 96.0)
        seen(bot, late, 92.0, 13)  # and 2 % more on the next day
    until(late, LATE + DAY + HOUR)
    with running_bot(tmp_path, **NO_STOP) as bot:
        assert seen(bot, late, 92.0) == pytest.approx(equity_at(92.0))
        loops(bot, late, 3)
        assert exits(bot, late) is None
        seen(bot, late, 86.0, 4)
        assert exits(bot, late) == "daily_loss", "3 % of today"


def test_an_open_profit_that_is_lost_after_midnight_is_a_loss_of_today(
    tmp_path: Path, late: Any
) -> None:
    """It was hidden: realised equity knows neither the profit nor its loss."""
    with running_bot(tmp_path, **NO_STOP) as bot:
        open_trade(LATE, amount=50.0, stake_amount=5000.0)
        seen(bot, late, 110.0)
    until(late, LATE + HOUR)
    with running_bot(tmp_path, **NO_STOP) as bot:
        assert seen(bot, late, 103.0) == pytest.approx(equity_at(110.0))
        loops(bot, late, 3)
        assert exits(bot, late) == "daily_loss"


def test_a_profit_that_nobody_saw_is_where_the_day_starts(tmp_path: Path, late: Any) -> None:
    with running_bot(tmp_path, **NO_STOP) as bot:
        open_trade(LATE, amount=50.0, stake_amount=5000.0)
        seen(bot, late, 100.0)
    until(late, LATE + HOUR)
    with running_bot(tmp_path, **NO_STOP) as bot:
        assert seen(bot, late, 110.0) == pytest.approx(equity_at(110.0))
        seen(bot, late, 103.0, 4)
        assert exits(bot, late) == "daily_loss"


def test_a_wrong_tick_after_a_restart_is_no_start_of_a_day(tmp_path: Path, late: Any) -> None:
    with running_bot(tmp_path, **NO_STOP) as bot:
        open_trade(LATE, amount=50.0, stake_amount=5000.0)
        seen(bot, late, 100.0)
    until(late, LATE + HOUR)
    with running_bot(tmp_path, **NO_STOP) as bot:
        seen(bot, late, 120.0, 1)
        assert seen(bot, late, 100.0, 4) == pytest.approx(equity_at(100.0))
        assert exits(bot, late) is None


def test_a_crash_before_the_second_mark_hides_nothing(tmp_path: Path, late: Any) -> None:
    with running_bot(tmp_path, **NO_STOP) as bot:
        open_trade(LATE, amount=50.0, stake_amount=5000.0)
        seen(bot, late, 100.0)
    until(late, LATE + HOUR)
    with running_bot(tmp_path, **NO_STOP) as bot:
        assert seen(bot, late, 108.0, 1) == pytest.approx(equity_at(100.0))
    with running_bot(tmp_path, **NO_STOP) as bot:
        assert seen(bot, late, 106.0) == pytest.approx(equity_at(106.0))


def test_a_restart_on_the_same_day_changes_nothing(tmp_path: Path, late: Any) -> None:
    with running_bot(tmp_path, **NO_STOP) as bot:
        open_trade(LATE, amount=50.0, stake_amount=5000.0)
        start = seen(bot, late, 100.0)
    with running_bot(tmp_path, **NO_STOP) as bot:
        assert seen(bot, late, 105.0, 3) == start


# A day that begins while the bot is stopped, asleep or blind


@pytest.mark.parametrize(
    ("before", "after", "start"), [(110.0, 103.0, 110.0), (100.0, 106.0, 106.0)]
)
def test_the_same_holds_for_a_bot_that_slept_over_midnight(
    tmp_path: Path, late: Any, before: float, after: float, start: float
) -> None:
    with running_bot(tmp_path, **NO_STOP) as bot:
        open_trade(LATE, amount=50.0, stake_amount=5000.0)
        seen(bot, late, before)
        until(late, LATE + HOUR)
        assert seen(bot, late, after) == pytest.approx(equity_at(start))
        assert seen(bot, late, after, 3) == pytest.approx(equity_at(start))
        assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(equity_at(start))


def test_for_one_that_saw_the_day_begin_the_median_counts() -> None:
    levels = LiveLevels(RiskProfile(), rearmed_at=None)
    for number, mark in enumerate((1100.0, 1000.0, 1010.0, 1010.0)):
        levels.observe(MIDNIGHT - 5 * LOOP / 2 + number * 2 * LOOP, mark)
    assert levels.day_start_usd == 1010.0


def test_money_that_is_paid_in_meanwhile_moves_what_is_known() -> None:
    levels = LiveLevels(RiskProfile(), rearmed_at=None)
    levels.observe(MIDNIGHT - HOUR, 1000.0)
    levels.observe(MIDNIGHT + HOUR, 900.0)
    assert levels.day_start_usd == 1000.0
    levels.shift(500.0)
    levels.observe(MIDNIGHT + HOUR + LOOP, 1390.0)
    assert levels.day_start_usd == 1500.0


def test_the_mark_is_stored_once_a_minute(tmp_path: Path, late: Any) -> None:
    with running_bot(tmp_path, **NO_STOP) as bot:
        open_trade(LATE, amount=50.0, stake_amount=5000.0)
        seen(bot, late, 100.0)

        def stored() -> float | None:
            return read_levels().mark_usd

        before = stored()
        seen(bot, late, 99.0, 11)
        assert stored() == before
        seen(bot, late, 99.0, 2)
        assert stored() == pytest.approx(equity_at(99.0))
