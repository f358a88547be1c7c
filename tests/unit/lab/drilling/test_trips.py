"""How a guard is tripped: as far as its limit needs, and back."""

import sqlite3
import time
from contextlib import closing

import pytest

from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.scenario import BTC, LEAST_FALL, MOST_FALL
from plimsoll.lab.drilling.trips import fall, fall_needed, losses_in_a_row, rise


def hold(bot: DrilledBot, stake_usd: float) -> None:
    bot.state.path.mkdir(parents=True, exist_ok=True)
    bot.state.write_status({"equity_usd": 10_000.0})
    with closing(sqlite3.connect(bot.database)) as database, database:
        database.execute("CREATE TABLE trades (id, stake_amount, leverage, is_open)")
        database.execute("INSERT INTO trades VALUES (1, ?, 1.0, 1)", (stake_usd,))


def test_prices_fall_by_three_times_what_the_limit_needs(bot: DrilledBot) -> None:
    hold(bot, 2000)
    assert fall_needed(bot, 0.01) == pytest.approx(0.15)


@pytest.mark.parametrize(("stake", "expected"), [(100_000, LEAST_FALL), (10, MOST_FALL)])
def test_never_by_less_or_by_more_than_the_bounds(
    bot: DrilledBot, stake: float, expected: float
) -> None:
    hold(bot, stake)
    assert fall_needed(bot, 0.01) == expected


def test_without_a_position_by_the_least(bot: DrilledBot) -> None:
    assert fall_needed(bot, 0.01) == LEAST_FALL


def test_a_trade_that_won_ends_a_row_of_losses_wherever_it_stands_in_the_database() -> None:
    """Three trades that a row had closed were taken for three losses, and no guard tripped."""

    def closed(*profits_usd: float) -> list[dict[str, object]]:
        return [
            {"close_date": f"2025-05-29 14:0{minute}:00", "close_profit_abs": profit}
            for minute, profit in enumerate(profits_usd)
        ]

    assert losses_in_a_row(closed(-1, -2, -3)) == 3
    assert losses_in_a_row(closed(-1, 14, -3)) == 1
    assert losses_in_a_row(reversed(closed(14, -1, -3))) == 2
    assert losses_in_a_row(closed(-1, 0)) == 0
    assert losses_in_a_row([]) == 0


def test_prices_come_back(bot: DrilledBot) -> None:
    venue = bot.exchange.venue
    before = venue.prices()["BTCUSDT"]
    venue.set_speed(120)
    fall(bot, 0.2, (BTC,))
    deadline = time.monotonic() + 10
    while venue.prices()["BTCUSDT"] > 0.85 * before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert venue.prices()["BTCUSDT"] < 0.85 * before
    rise(bot)
    time.sleep(0.2)
    venue.set_speed(1)
    assert venue.prices()["BTCUSDT"] == pytest.approx(before, rel=0.03)
    assert bot.fallen_fraction == 0
