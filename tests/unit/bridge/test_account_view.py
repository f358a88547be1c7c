"""The realised account, in a backtest and in a bot, against a slow reference."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from freqtrade.persistence import LocalTrade, Trade
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.bridge.account_view import realised_account
from plimsoll.core import AccountSnapshot, Mode
from plimsoll.risk import RiskProfile
from plimsoll.risk.guards.daily_loss import daily_loss
from tests.unit.bridge.trades import (
    backtest_trades,
    close_in_backtest,
    database_trades,
    fill_database,
    trade_fields,
)

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
NOON = datetime(2024, 1, 10, 12, tzinfo=UTC)
START_USD = 10_000.0

Closes = list[tuple[datetime, float]]

closes = st.lists(
    st.tuples(
        # Full hours, so that closes often fall on a day's first moment.
        st.integers(0, 5 * 24).map(lambda hours: FIRST + timedelta(hours=hours)),
        st.floats(-500, 500, allow_nan=False),
    ),
    max_size=12,
).map(sorted)


@pytest.fixture(scope="module", autouse=True)
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with database_trades(tmp_path_factory.mktemp("db") / "trades.sqlite"):
        yield


def seen(as_of: datetime, starts_at_hour_utc: int = 0) -> AccountSnapshot:
    return realised_account(
        as_of, starting_balance=START_USD, day_starts_at_hour_utc=starts_at_hour_utc
    )


def seen_in_backtest(closed: Closes, as_of: datetime, hour: int = 0) -> AccountSnapshot:
    with backtest_trades():
        for moment, profit_usd in closed:
            close_in_backtest(moment, profit_usd)
        return seen(as_of, hour)


def seen_by_bot(closed: Closes, as_of: datetime, hour: int = 0) -> AccountSnapshot:
    fill_database(closed)
    return seen(as_of, hour)


def reference(closed: Closes, as_of: datetime, hour: int) -> tuple[float, float]:
    """Equity at day start and now, the slow way: walk back in minutes to the day's first."""
    begin = as_of.replace(second=0, microsecond=0)
    while (begin.hour, begin.minute) != (hour, 0):
        begin -= timedelta(minutes=1)
    before = sum(profit for moment, profit in closed if moment < begin)
    return START_USD + before, START_USD + sum(profit for _, profit in closed)


@settings(max_examples=60, deadline=None)
@given(closed=closes, later=st.integers(0, 30 * 60), hour=st.integers(0, 23))
def test_both_modes_see_the_account_of_the_reference(closed: Closes, later: int, hour: int) -> None:
    last = closed[-1][0] if closed else FIRST
    as_of = last + timedelta(minutes=later)
    day_start, now = reference(closed, as_of, hour)
    for account in (seen_in_backtest(closed, as_of, hour), seen_by_bot(closed, as_of, hour)):
        assert account.day_start_equity_usd == pytest.approx(day_start, abs=1e-6)
        assert account.equity_usd == pytest.approx(now, abs=1e-6)
        assert account.as_of == as_of
        assert account.sees_open_positions is False


@pytest.mark.parametrize("see", [seen_in_backtest, seen_by_bot])
def test_a_trade_closed_at_the_first_moment_of_the_day_is_of_the_day(see) -> None:
    account = see([(NOON, -50.0)], NOON, 12)
    assert account.day_start_equity_usd == START_USD
    assert account.equity_usd == START_USD - 50


@pytest.mark.parametrize("see", [seen_in_backtest, seen_by_bot])
def test_a_trade_closed_a_second_before_the_day_is_not_of_the_day(see) -> None:
    account = see([(NOON - timedelta(seconds=1), -50.0)], NOON, 12)
    assert account.day_start_equity_usd == START_USD - 50


def test_an_open_trade_is_not_seen_by_a_bot() -> None:
    fill_database([(NOON - timedelta(days=3), 25.0)])
    Trade.session.add(Trade(**trade_fields(NOON.replace(tzinfo=None))))
    Trade.commit()
    assert seen(NOON).equity_usd == START_USD + 25


def test_the_walk_through_a_backtest_stops_at_the_first_older_trade() -> None:
    class Untouchable:
        @property
        def close_date_utc(self) -> datetime:
            raise AssertionError("walked past the first trade of an older day")

    with backtest_trades():
        LocalTrade.bt_trades.append(Untouchable())  # type: ignore[arg-type]
        close_in_backtest(NOON - timedelta(days=2), 1.0)
        close_in_backtest(NOON, -5.0)
        assert seen(NOON).day_start_equity_usd == START_USD + 1


def test_a_closed_trade_without_a_profit_makes_the_equity_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Closed:
        close_date_utc = NOON
        close_profit_abs = None

    monkeypatch.setattr(LocalTrade, "bt_trades", [Closed()])
    monkeypatch.setattr(Trade, "use_db", False)
    account = seen(NOON)
    assert account.equity_usd is None
    assert daily_loss(account, RiskProfile()).mode is not Mode.ACTIVE
