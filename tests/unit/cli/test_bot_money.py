"""A bot's money: what it began with, fees in other currencies, measured moments."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.cli.bot_money import as_of, costs_of, marks_of, starting_balance, usable_trades
from plimsoll.control.bot_log import BotLog
from plimsoll.control.trade_history import TradeHistory, read_trade_history
from plimsoll.core import UsageError
from tests.unit.cli.bots import BALANCE, BTC, at, make_database, order, trade


@pytest.fixture
def history(tmp_path: Path) -> TradeHistory:
    return read_trade_history(f"sqlite:///{make_database(tmp_path / 'bot.sqlite')}")


def without(history: TradeHistory) -> TradeHistory:
    """The same trades, with no balance on record."""
    return TradeHistory(trades=history.trades)


def series(**values: float) -> "pd.Series[float]":
    index = pd.DatetimeIndex([at(float(name[1:])) for name in values])
    return pd.Series(list(values.values()), index=index, dtype="float64")


@pytest.mark.parametrize(
    ("config", "balance"),
    [
        ({"dry_run_wallet": 700}, 700.0),
        ({"dry_run_wallet": {"USDT": 800, "BTC": 1}}, 800.0),
        ({"dry_run_wallet": 700, "available_capital": 300}, 300.0),
    ],
)
def test_the_config_says_it_where_nothing_is_stored(
    history: TradeHistory, config: dict[str, object], balance: float
) -> None:
    assert starting_balance(None, without(history), BotLog(), config, "USDT") == (balance, [])
    flat = BotLog(config={"dry_run_wallet.USDT": 900})
    assert starting_balance(None, without(history), flat, None, "USDT") == (900.0, [])


def test_what_is_stored_counts_before_the_config_and_what_was_named_before_both(
    history: TradeHistory,
) -> None:
    config = {"dry_run_wallet": 700}
    assert starting_balance(None, history, BotLog(), config, "USDT")[0] == BALANCE
    assert starting_balance(5.0, history, BotLog(), config, "USDT")[0] == 5.0


def test_the_first_wallet_less_what_was_made_by_then_is_the_last_resort(
    history: TradeHistory,
) -> None:
    bare = TradeHistory(trades=history.trades, wallet=history.wallet)
    balance, [said] = starting_balance(None, bare, BotLog(), None, "USDT")
    assert balance == pytest.approx(9_990.0 - 98.95)
    assert "wallet of 2025-03-02" in said


def test_nothing_on_record_is_an_error_that_says_what_to_do(history: TradeHistory) -> None:
    with pytest.raises(UsageError, match="--starting-balance"):
        starting_balance(None, without(history), BotLog(), {"dry_run_wallet": True}, "USDT")


def test_marks_are_without_transfers_and_a_live_wallet_is_not_the_account(
    history: TradeHistory,
) -> None:
    log = BotLog(equity=series(h10=10_500.0, h40=10_900.0), transfers=series(h20=400.0))
    status = {"equity_usd": 10_950.0, "as_of": at(50).isoformat()}
    live = marks_of(history, log, status, live=True)
    assert live is not None
    assert list(live) == [10_500.0, 10_500.0, 10_550.0]
    dry = marks_of(history, log, {}, live=False)
    assert dry is not None
    assert list(dry) == [10_500.0, 9_990.0, 10_500.0, 9_850.0]
    assert marks_of(TradeHistory(trades=history.trades), BotLog(), {}, live=True) is None


@pytest.mark.parametrize("told", [{}, {"as_of": 5}, {"as_of": "x"}, {"as_of": "2025-03-01"}])
def test_a_status_without_a_sound_time_has_none(told: dict[str, object]) -> None:
    assert as_of(told) is None


def test_fees_in_another_currency_are_named(tmp_path: Path) -> None:
    one = trade(BTC, [order(2, 100.0, 10.0, "buy"), order(10, 110.0, 10.0, "sell")], closed=10)
    one.fee_open_currency, one.fee_open_cost = "BNB", 0.002
    one.fee_close_currency, one.fee_close_cost = "USDT", 0.5
    history = read_trade_history(f"sqlite:///{make_database(tmp_path / 'bnb.sqlite', [one])}")
    _, currency, [said] = usable_trades(history, "USDT", None)
    assert currency == "USDT"
    assert said.startswith("fees of 0.002 BNB were paid in BNB")


def test_costs_are_the_mean_fees_in_basis_points(history: TradeHistory) -> None:
    assert costs_of(history.trades) == {"entry fee": 5.0, "exit fee": 5.0}


def test_a_deposit_that_was_withdrawn_again_was_no_profit_in_between(
    history: TradeHistory,
) -> None:
    """Together they are nothing, and each of them was taken for a profit and for a loss."""
    log = BotLog(
        equity=series(h1=10_000.0, h5=15_010.0, h9=10_020.0), transfers=series(h3=5e3, h7=-5e3)
    )
    marks = marks_of(TradeHistory(trades=history.trades), log, {}, live=True)
    assert marks is not None
    assert marks.tolist() == [10_000.0, 10_010.0, 10_020.0]
    [said] = starting_balance(None, history, log, None, "USDT")[1]
    assert "2 records" in said
