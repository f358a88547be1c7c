"""The account of a backtest, one candle after the other."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.account.backtest import BacktestAccount
from plimsoll.bridge.account.closes import Closes
from plimsoll.core import ModelHealth
from plimsoll.risk import RiskProfile
from tests.unit.bridge.bots import BTC, ETH, NOON, candles
from tests.unit.bridge.trades import FEE, backtest_trades, close_in_backtest, trade_fields

STEP = timedelta(minutes=5)
START_USD = 10_000.0
PRICES = [100.0, 101.0, 99.0, 95.0]


@pytest.fixture(autouse=True)
def memory() -> Iterator[None]:
    with backtest_trades():
        yield


@pytest.fixture
def account() -> BacktestAccount:
    """An account that has seen 100 at noon; BTC is at 101, 99 and 95 in the candles after."""
    closes = Closes(300)
    closes.add(BTC, candles([*[100.0] * 20, *PRICES], end=at(3)))
    made = BacktestAccount(RiskProfile(), closes, starting_balance_usd=START_USD)
    made.update(NOON)
    return made


def at(candle: int) -> datetime:
    return NOON + candle * STEP


def hold(amount: float = 10.0, pair: str = BTC, **fields: Any) -> LocalTrade:
    stake = {"amount": amount, "stake_amount": amount * 100.0, "stop_loss": 90.0}
    trade = LocalTrade(**trade_fields(NOON, pair=pair, trading_mode="futures", **stake, **fields))
    LocalTrade.add_bt_trade(trade)
    return trade


def equity(amount: float, price: float) -> float:
    return START_USD + amount * (price - 100.0) - FEE * amount * (100.0 + price)


def test_the_mark_is_the_close_of_the_last_closed_candle(account: BacktestAccount) -> None:
    hold()
    account.update(at(1))
    assert account.facts()["equity_usd"] == pytest.approx(equity(10.0, 101.0))
    account.update(at(2) + STEP / 2)
    assert account.facts()["equity_usd"] == pytest.approx(equity(10.0, 99.0))
    (position,) = account.snapshot(at(2)).positions or ()
    assert (position.pair, position.mark_price) == (BTC, 99.0)


def test_closed_and_partial_profit_count_with_the_open_one(account: BacktestAccount) -> None:
    close_in_backtest(NOON, -40.0)
    hold(realized_profit=25.0)
    account.update(at(1))
    assert account.facts()["equity_usd"] == pytest.approx(equity(10.0, 101.0) - 15.0)


def test_a_flat_account_to_which_nothing_happens_is_quiet(account: BacktestAccount) -> None:
    assert account.update(at(1)) is False
    assert account.has_positions is False


def test_a_position_that_is_calm_is_quiet_and_one_that_lost_much_is_not(
    account: BacktestAccount,
) -> None:
    hold(amount=10.0)
    assert account.has_positions is True
    assert account.update(at(1)) is False
    hold(amount=89.0)
    assert account.update(at(3)) is True, "5 % of the account"


def test_a_trade_that_closed_wakes_the_guards_also_when_an_entry_has_read_it(
    account: BacktestAccount,
) -> None:
    close_in_backtest(NOON, -1.0)
    account.snapshot(NOON, BTC)
    assert account.update(at(1)) is True
    assert account.update(at(2)) is False


def test_a_position_near_its_liquidation_wakes_them(account: BacktestAccount) -> None:
    trade = hold(leverage=2.0, liquidation_price=50.0)
    assert account.update(at(1)) is False
    trade.liquidation_price = 100.0
    assert account.update(at(2)) is True


def test_a_position_without_a_new_candle_wakes_them(account: BacktestAccount) -> None:
    hold()
    late = RiskProfile().max_blind_seconds
    end = at(3) + timedelta(seconds=300 + late)
    assert account.update(end) is False
    assert account.update(end + timedelta(seconds=1)) is True


def test_a_position_without_any_candle_makes_the_equity_unknown(account: BacktestAccount) -> None:
    hold(pair=ETH)
    assert account.update(at(1)) is True
    snapshot = account.snapshot(at(1))
    assert snapshot.equity_usd is None
    assert snapshot.data_health is not None
    assert snapshot.data_health.pairs[ETH].newest_candle_closed_at is None


def test_a_snapshot_watches_what_is_held_and_what_is_asked_about(account: BacktestAccount) -> None:
    hold()
    health = account.snapshot(at(1), ETH).data_health
    assert health is not None
    assert set(health.pairs) == {BTC, ETH}
    assert health.pairs[BTC].newest_candle_closed_at == at(1)
    assert health.pairs[BTC].candle_seconds == 300


def test_a_day_starts_with_its_first_close_and_a_high_counts_at_once(
    account: BacktestAccount,
) -> None:
    hold()
    account.update(at(1))
    facts = account.facts()
    assert facts["day_start_equity_usd"] == START_USD
    assert facts["high_water_equity_usd"] == pytest.approx(equity(10.0, 101.0))
    account.update(at(1).replace(day=20, hour=0, minute=0))
    assert account.facts()["day_start_equity_usd"] == pytest.approx(equity(10.0, 95.0))


def test_what_the_account_is_told_is_in_its_snapshot(account: BacktestAccount) -> None:
    model = ModelHealth(name="m", accuracy_fraction=0.5, predictions=3)
    account.set_models((model,))
    account.ordered(NOON)
    account.ordered(at(1))
    snapshot = account.snapshot(at(1))
    assert list(snapshot.models or ()) == [model]
    assert list(snapshot.order_times or ()) == [NOON, at(1)]


def test_a_track_record_is_of_all_trades_closed_so_far(account: BacktestAccount) -> None:
    assert account.snapshot(NOON).track_record is None
    for count in (1, 2):
        close_in_backtest(at(count), 1.0)
        record = account.snapshot(at(count), with_record=True).track_record
        assert record is not None
        assert record.trades == count
        assert account.snapshot(at(count), with_record=True).track_record is record


def test_a_market_is_read_up_to_the_moment(account: BacktestAccount) -> None:
    assert account.liquidity_usd(BTC, at(1)) == 101.0 * 1000.0
    assert account.liquidity_usd(ETH, at(1)) is None
    window = account.window(BTC, at(2), 3)
    assert window is not None
    assert window.closes.tolist() == [100.0, 101.0, 99.0]
    assert account.window(ETH, at(2), 3) is None


def test_a_policy_re_arms_and_the_drawdown_is_measured_anew_from_a_peak_that_stays(
    account: BacktestAccount,
) -> None:
    hold(100.0)
    account.update(at(1))
    peak = account.standing.peak_usd
    close_in_backtest(at(2), -1000.0)
    LocalTrade.bt_trades_open.clear()
    account.update(at(2))
    fell = account.facts()["equity_usd"]
    account.rearm(at(3))
    seen = account.snapshot(at(3))
    assert (seen.high_water_equity_usd, seen.rearmed_at) == (fell, at(3))
    assert seen.peak_equity_usd == peak == account.standing.peak_usd
    assert peak is not None
    assert fell is not None
    assert peak > fell
    account.update(at(4))
    assert account.snapshot(at(4)).high_water_equity_usd == fell, "a flat account is not marked"


def test_a_policy_never_accepts_the_terminal_drawdown(account: BacktestAccount) -> None:
    with pytest.raises(ValueError, match="a person"):
        account.rearm(at(1), beyond_terminal=True)


def test_an_account_goes_on_from_a_mark_that_another_has_made(account: BacktestAccount) -> None:
    hold()
    account.update(at(1))
    account.update(at(2))
    marked = account.marked
    assert marked is not None
    assert marked.equity_usd == account.facts()["equity_usd"]

    closes = Closes(300)
    closes.add(BTC, candles([*[100.0] * 20, *PRICES], end=at(3)))
    other = BacktestAccount(RiskProfile(), closes, starting_balance_usd=START_USD)
    assert other.marked is None  # it has seen nothing yet
    other.take(marked)
    assert other.marked == marked
    assert other.snapshot(at(2)) == account.snapshot(at(2))
    assert other.update(at(3)) is account.update(at(3))
    assert other.snapshot(at(3)) == account.snapshot(at(3))


def test_a_mark_that_is_taken_over_takes_the_place_of_what_was_calm(
    account: BacktestAccount,
) -> None:
    hold()
    account.update(at(1))
    marked = account.marked
    assert marked is not None
    account.take(marked._replace(equity_usd=9_000.0, high_water_usd=9_500.0))
    assert account.facts()["equity_usd"] == 9_000.0
    assert not account.is_calm(at(2))


@pytest.mark.parametrize(
    "limits",
    [{"require_expectation": True}, {"trading_hours_utc": {"monday": ("08:00-22:00",)}}],
)
def test_hours_and_expectations_make_an_account_one_that_is_not_plain(
    account: BacktestAccount, limits: dict[str, Any]
) -> None:
    assert account.is_plain(at(1))
    account.set_models([ModelHealth(name="m", predictions=1, accuracy_fraction=1.0)])
    assert not account.is_plain(at(1))
    bound = BacktestAccount(RiskProfile(**limits), Closes(300), starting_balance_usd=START_USD)
    assert not bound.is_plain(at(1))


def test_an_account_on_probation_is_not_plain(account: BacktestAccount) -> None:
    account.rearm(at(1))
    assert not account.is_plain(at(2))
    assert account.is_plain(at(2) + timedelta(days=RiskProfile().probation_days))
