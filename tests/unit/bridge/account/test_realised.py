"""The realised account, in a backtest and in a bot, against a slow reference."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import isnan

import pytest
from freqtrade.persistence import LocalTrade, PairLocks, Trade
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.bridge.account.freqtrade_trades import closed_trade_of
from plimsoll.bridge.account.realised import RealisedAccount
from plimsoll.bridge.state import locks
from plimsoll.core import AccountSnapshot, ClosedTrade, Mode, Verdict
from plimsoll.risk import RiskProfile
from plimsoll.risk.guards.daily_loss import daily_loss
from tests.unit.bridge.trades import (
    add_to_database,
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
    account = RealisedAccount(day_starts_at_hour_utc=starts_at_hour_utc)
    return account.snapshot(as_of, starting_balance=START_USD)


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


def test_each_closed_trade_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[LocalTrade] = []

    def counted(trade: LocalTrade) -> ClosedTrade:
        read.append(trade)
        return closed_trade_of(trade)

    monkeypatch.setattr("plimsoll.bridge.account.closed_trades.closed_trade_of", counted)
    account = RealisedAccount(day_starts_at_hour_utc=0)
    with backtest_trades():
        for number in range(50):
            close_in_backtest(NOON + timedelta(minutes=number), 1.0)
            seen = account.snapshot(NOON + timedelta(minutes=number), starting_balance=START_USD)
            assert seen.equity_usd == START_USD + number + 1
    assert len(read) == 50


def test_a_bot_sees_later_closes_and_none_twice() -> None:
    account = RealisedAccount(day_starts_at_hour_utc=0)
    fill_database([(NOON, -10.0)])
    assert account.snapshot(NOON, starting_balance=START_USD).equity_usd == START_USD - 10
    for _ in range(2):  # the same moment as the newest, which is asked for again
        add_to_database(NOON, -5.0)
    seen = account.snapshot(NOON, starting_balance=START_USD)
    assert seen.equity_usd == START_USD - 20
    assert account.snapshot(NOON, starting_balance=START_USD).equity_usd == START_USD - 20
    assert len(seen.closed_trades or ()) == 3


@pytest.mark.parametrize("see", [seen_in_backtest, seen_by_bot])
def test_the_high_is_that_of_realised_equity(see) -> None:
    days = [NOON + timedelta(days=number) for number in range(3)]
    account = see(list(zip(days, (100.0, -30.0, 20.0), strict=True)), days[-1])
    assert account.high_water_equity_usd == START_USD + 100
    assert see([(NOON, -5.0)], NOON).high_water_equity_usd == START_USD


def test_the_high_begins_anew_when_a_person_re_arms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PairLocks, "timeframe", "5m")
    account = RealisedAccount(day_starts_at_hour_utc=0)
    fill_database([(NOON, 100.0), (NOON + timedelta(hours=1), -60.0)])
    seen = account.snapshot(NOON + timedelta(hours=1), starting_balance=START_USD)
    assert seen.high_water_equity_usd == START_USD + 100
    halted = Verdict(Mode.HALTED, "drawdown", "a test")
    locks.hold(halted, NOON + timedelta(hours=1))
    locks.release([("drawdown", None)], NOON + timedelta(hours=2))
    add_to_database(NOON + timedelta(hours=3), -5.0)
    seen = account.snapshot(NOON + timedelta(hours=3), starting_balance=START_USD)
    assert seen.high_water_equity_usd == START_USD + 40
    assert seen.equity_usd == START_USD + 35
    assert seen.rearmed_at == NOON + timedelta(hours=2)


def test_a_closed_trade_without_a_profit_makes_the_equity_unknown() -> None:
    with backtest_trades():
        close_in_backtest(NOON, 0.0)
        LocalTrade.bt_trades[-1].close_profit_abs = None
        account = seen(NOON)
    assert isnan(account.equity_usd or 0.0)
    assert daily_loss(account, RiskProfile()).mode is not Mode.ACTIVE
