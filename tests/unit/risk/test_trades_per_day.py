"""Trades opened since the trading day began."""

from datetime import UTC, datetime

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.trades_per_day import trades_per_day
from tests.unit.risk.accounts import PROFILE, account, before, closed, position, profile

MIDNIGHT = datetime(2024, 8, 5, tzinfo=UTC)


def today(count: int):
    """Trades that opened and closed today, after many of yesterday."""
    old = [closed(1.0, closed_at=before(hours=13, minutes=30)) for _ in range(30)]
    new = [closed(1.0, closed_at=before(hours=2), opened_at=before(hours=3)) for _ in range(count)]
    return [*old, *new]


def test_nine_trades_today_are_allowed() -> None:
    assert trades_per_day(account(closed_trades=today(8)), PROFILE).mode is Mode.ACTIVE


def test_the_tenth_trade_ends_the_day_open_ones_included() -> None:
    verdict = trades_per_day(account(closed_trades=today(9)), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.until == datetime(2024, 8, 6, tzinfo=UTC)
    assert (verdict.value, verdict.limit) == (10, 10)
    assert "10 trades opened since 2024-08-05 00:00 UTC reached the limit 10" in verdict.reason


def test_a_trade_opened_yesterday_and_closed_today_is_of_yesterday() -> None:
    over_night = closed(1.0, closed_at=before(hours=11), opened_at=before(hours=13))
    trades = [over_night, *today(8)[30:]]
    assert trades_per_day(account(closed_trades=trades), PROFILE).mode is Mode.ACTIVE


@pytest.mark.parametrize(
    ("opened", "mode"), [(MIDNIGHT, Mode.REDUCING), (before(hours=13), Mode.ACTIVE)]
)
def test_an_open_position_counts_from_the_first_moment_of_the_day(opened, mode) -> None:
    found = account(closed_trades=[], positions=[position(opened_at=opened)])
    assert trades_per_day(found, profile(max_trades_per_day=1)).mode is mode


def test_a_trade_opened_and_closed_at_the_first_moment_counts() -> None:
    trades = [closed(1.0, closed_at=MIDNIGHT, opened_at=MIDNIGHT)]
    found = account(closed_trades=trades, positions=[])
    assert trades_per_day(found, profile(max_trades_per_day=1)).mode is Mode.REDUCING


def test_the_day_begins_at_the_hour_of_the_profile() -> None:
    found = account(closed_trades=today(20), positions=[])
    verdict = trades_per_day(found, profile(day_starts_at_hour_utc=11))
    assert verdict.mode is Mode.ACTIVE
    verdict = trades_per_day(found, profile(day_starts_at_hour_utc=8))
    assert verdict.until == datetime(2024, 8, 6, 8, tzinfo=UTC)


@pytest.mark.parametrize("field", ["closed_trades", "positions"])
def test_what_cannot_be_seen_denies(field: str) -> None:
    verdict = trades_per_day(account(**{field: None}), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert field.split("_")[-1] in verdict.reason
    assert verdict.limit == 10
