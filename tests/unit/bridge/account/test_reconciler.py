"""A running bot with money holds the exchange's books against its database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ccxt
import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import TemporaryError
from freqtrade.persistence import KeyValueStore, Order, Trade

from plimsoll.bridge.account.capital import KEY, read_capital
from plimsoll.bridge.account.reconciler import Reconciler
from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.core import PlimsollError
from plimsoll.core.books import BreakKind
from tests.unit.bridge.bots import (
    BTC,
    ETH,
    NOON,
    Bot,
    HandFedAccount,
    entry,
    open_trade,
    running_bot,
)
from tests.unit.bridge.guarding.test_live_session import (
    LOOP,
    clock,
    exits,
    loops,
    status,
    written,
)
from tests.unit.bridge.trades import add_to_database

__all__ = ["clock"]

LIVE: dict[str, Any] = {"dry_run": False, "plimsoll": {"live_opt_in": LIVE_OPT_IN}}
MARKET = dict.fromkeys(("entry", "exit", "stoploss", "emergency_exit"), "market")


@pytest.fixture
def bot(tmp_path: Path, clock: Any) -> Iterator[Bot]:
    with live(tmp_path) as made:
        loops(made, clock, 2)
        yield made


def live(folder: Path, *, stops: bool = False, **others: Any) -> Any:
    """A bot with money, whose stops are on the exchange or its own."""
    types = {**MARKET, "stoploss_on_exchange": stops}
    return running_bot(folder, runmode=RunMode.LIVE, order_types=types, **LIVE, **others)


def reconciler(bot: Bot) -> Reconciler:
    made = bot.strategy._session._account._reconciler
    assert isinstance(made, Reconciler)
    return made


def theirs(bot: Bot) -> HandFedAccount:
    return bot.exchange.account


def kinds(bot: Bot) -> list[BreakKind]:
    return [one.kind for one in reconciler(bot).breaks]


def events(folder: Path) -> list[str]:
    return [one["event"] for one in written(folder, "break")]


def test_a_dry_run_has_no_books(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2)
        account = bot.strategy._session._account
        assert account._reconciler is None
        assert account.snapshot(NOON).breaks == ()
        assert account.take_news() == []


# When the exchange is asked


def test_the_exchange_is_asked_at_the_start_and_then_at_the_cadence(bot: Bot, clock: Any) -> None:
    asked = theirs(bot).asked
    assert asked.count("orders") == 2, "orders and stops, at the start alone"
    loops(bot, clock, 5)
    assert asked.count("orders") == 4
    assert asked.count("mode") == 2


def test_a_fill_that_is_booked_is_looked_at_in_the_next_loop(bot: Bot, clock: Any) -> None:
    before = theirs(bot).asked.count("balance")
    theirs(bot).wallet_usd += 50.0
    add_to_database(NOON, 50.0)
    loops(bot, clock)
    assert theirs(bot).asked.count("balance") == before + 1
    assert status(bot.config["user_data_dir"])["equity_usd"] == pytest.approx(10_050.0)


def test_the_database_is_asked_again_only_after_something_has_changed(
    bot: Bot, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, own = reconciler(bot), reconciler(bot)._bot_books
    asked: list[int] = []

    def counted(books: Any, now: datetime) -> Any:
        asked.append(len(books.done))
        return own(books, now)

    monkeypatch.setattr(made, "_bot_books", counted)
    open_trade(NOON)
    theirs(bot).hold(BTC, 10.0)
    loops(bot, clock)
    assert asked == [0]
    theirs(bot).move(50.0, datetime.now(UTC))
    add_to_database(NOON, 1.0)
    loops(bot, clock)
    assert asked == [0, 0, 0], "the capital has moved"


def test_a_break_is_looked_at_more_often(bot: Bot, clock: Any) -> None:
    theirs(bot).hold(ETH, 1.0)
    loops(bot, clock, 6)
    before = theirs(bot).asked.count("positions")
    loops(bot, clock, 6)
    assert theirs(bot).asked.count("positions") - before >= 3


# What a break does


def test_what_nobody_knows_is_told_denies_and_halts_in_time(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    theirs(bot).hold(ETH, 5.0)
    loops(bot, clock, 7)
    assert kinds(bot) == [BreakKind.UNEXPLAINED_POSITION]
    assert len([one for one in bot.said() if "holds 5 long of ETH/USDT" in one]) >= 1
    assert not entry(bot.strategy, datetime.now(UTC))
    assert exits(bot, clock) is None, "it may still be explained"
    open_trade(NOON, pair=BTC, amount=1.0, stake_amount=100.0)
    theirs(bot).hold(BTC, 1.0)
    loops(bot, clock, 70)
    assert exits(bot, clock, BTC) == "reconciliation"
    assert theirs(bot).positions[0]["symbol"] == ETH, "what is somebody else's is left alone"
    [begun] = [one for one in written(tmp_path, "break") if one["pair"] == ETH]
    assert (begun["event"], begun["ours"]) == ("begun", False)
    [halt] = written(tmp_path, "halt")
    assert halt["rule"] == "reconciliation"
    assert "5.00% of equity" in halt["reason"]


def test_a_halt_that_has_closed_the_bots_own_says_what_the_exchange_still_holds(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    trade = open_trade(NOON, amount=1.0, stake_amount=100.0, fee_open=0.0, fee_close=0.0)
    theirs(bot).hold(BTC, 1.0)
    theirs(bot).hold(ETH, 5.0)
    (tmp_path / "plimsoll" / "halt").write_text("enough")
    loops(bot, clock, 7)
    assert exits(bot, clock) == "manual_halt"
    theirs(bot).hold(BTC, 0.0)
    trade.close_profit_abs, trade.close_profit = 0.0, 0.0
    trade.close_date, trade.is_open = datetime.now(UTC).replace(tzinfo=None), False
    Trade.commit()
    loops(bot, clock, 2)
    told = [one for one in bot.said() if "closed after" in one]
    assert len(told) == 1, told
    assert "All of the bot's positions are closed after" in told[0]
    assert "The exchange still holds 5 long of ETH/USDT, which no trade explains." in told[0]


def test_a_small_break_denies_and_never_halts(tmp_path: Path, bot: Bot, clock: Any) -> None:
    theirs(bot).hold(ETH, 0.5)
    loops(bot, clock, 80)
    assert not entry(bot.strategy, datetime.now(UTC))
    assert written(tmp_path, "halt") == []


def test_a_break_that_is_over_is_told_and_entries_are_taken_again(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    theirs(bot).hold(ETH, 5.0)
    loops(bot, clock, 7)
    theirs(bot).hold(ETH, 0.0)
    loops(bot, clock, 7)
    assert events(tmp_path) == ["begun", "ended"]
    assert reconciler(bot).breaks == ()
    bot.price(BTC, 100.0, now=datetime.now(UTC).replace(minute=0, second=0))
    assert not [one for one in written(tmp_path, "denial") if one["rule"] == "reconciliation"]


def test_the_loss_of_a_position_that_no_trade_knows_is_in_the_equity(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    theirs(bot).hold(ETH, 20.0)
    loops(bot, clock, 7)
    assert status(tmp_path)["equity_usd"] == pytest.approx(10_000.0)
    theirs(bot).positions[0]["markPrice"] = 90.0
    loops(bot, clock, 3)
    assert status(tmp_path)["equity_usd"] == pytest.approx(9_800.0)
    theirs(bot).positions[0]["markPrice"] = 130.0
    loops(bot, clock, 3)
    assert status(tmp_path)["equity_usd"] == pytest.approx(10_000.0), "a surplus is nobody's"
    assert status(tmp_path)["high_water_equity_usd"] == pytest.approx(10_000.0)


@pytest.mark.parametrize("price", [80.0, 120.0])
def test_a_fill_that_is_not_booked_yet_moves_no_figure(
    tmp_path: Path, bot: Bot, clock: Any, price: float
) -> None:
    """A stop filled on the exchange: the money is there, and the trade is open in the database."""
    trade = open_trade(NOON, amount=10.0, stake_amount=1000.0, fee_open=0.0, fee_close=0.0)
    theirs(bot).hold(BTC, 10.0)
    bot.exchange.prices[BTC] = price
    theirs(bot).positions[0]["markPrice"] = price
    loops(bot, clock, 7)
    before = status(tmp_path)["equity_usd"]
    assert before == pytest.approx(10_000.0 + 10.0 * (price - 100.0))
    theirs(bot).hold(BTC, 0.0)
    theirs(bot).wallet_usd += 10.0 * (price - 100.0)
    loops(bot, clock, 5)
    assert status(tmp_path)["equity_usd"] == pytest.approx(before)
    trade.close_profit_abs, trade.close_profit = 10.0 * (price - 100.0), price / 100.0 - 1
    trade.close_date, trade.is_open = datetime.now(UTC).replace(tzinfo=None), False
    Trade.commit()
    loops(bot, clock)
    assert status(tmp_path)["equity_usd"] == pytest.approx(before, rel=1e-3)
    loops(bot, clock, 7)
    assert status(tmp_path)["high_water_equity_usd"] == pytest.approx(max(before, 10_000.0))
    assert events(tmp_path) == []


def test_books_that_cannot_be_read_deny_and_keep_the_figures(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    theirs(bot).fails = TemporaryError("the exchange is gone")
    loops(bot, clock, 7)
    assert kinds(bot) == [BreakKind.UNREADABLE_BOOKS]
    assert not entry(bot.strategy, datetime.now(UTC))
    assert status(tmp_path)["equity_usd"] == pytest.approx(10_000.0)
    loops(bot, clock, 4)
    assert any("the exchange is gone" in one for one in bot.said())
    theirs(bot).fails = None
    loops(bot, clock, 6)
    assert reconciler(bot).breaks == ()


def test_an_hour_in_which_nobody_looked_is_no_hour_of_unreadable_books(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    """A machine asleep, its network a minute late: the account was halted for the hour."""
    theirs(bot).fails = TemporaryError("the exchange is gone")
    loops(bot, clock, 7)
    loops(bot, clock, after=timedelta(hours=1))
    assert (kinds(bot), status(tmp_path)["mode"]) == ([BreakKind.UNREADABLE_BOOKS], "REDUCING")
    loops(bot, clock, 2, after=timedelta(seconds=100))
    assert status(tmp_path)["mode"] == "REDUCING"
    loops(bot, clock, 2, after=timedelta(seconds=150))
    assert status(tmp_path)["mode"] == "HALTED"


def test_a_record_of_transfers_that_fails_halts_no_account_whose_wallet_agrees(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    """The record alone failed for minutes: a sound account was closed and halted."""
    sound = bot.exchange._api.fetch_ledger
    bot.exchange._api.fetch_ledger = fail
    loops(bot, clock, 80)
    assert (kinds(bot), events(tmp_path)) == ([], [])
    moved_at = datetime.now(UTC) + LOOP
    theirs(bot).move(-2000.0, moved_at)
    loops(bot, clock, 14)
    assert kinds(bot) == [BreakKind.MONEY]
    assert "record of transfers cannot be read" in reconciler(bot).breaks[0].text
    assert not entry(bot.strategy, datetime.now(UTC))
    bot.exchange._api.fetch_ledger = sound
    loops(bot, clock, 14)
    assert (kinds(bot), events(tmp_path)) == ([], ["begun", "transfer", "ended"])
    assert status(tmp_path)["equity_usd"] == pytest.approx(8_000.0)


def fail(*_: object) -> None:
    raise ccxt.ExchangeNotAvailable("500")


def test_a_stop_that_is_missing_is_told_when_freqtrade_has_not_set_it_again(
    tmp_path: Path, clock: Any
) -> None:
    with live(tmp_path, stops=True) as bot:
        open_trade(NOON, amount=10.0, stake_amount=1000.0, fee_open=0.0)
        theirs(bot).hold(BTC, 10.0)
        loops(bot, clock, 3)
        assert [one.settling for one in reconciler(bot).breaks] == [True]
        loops(bot, clock, 8)
        assert kinds(bot) == [BreakKind.MISSING_STOP]
        assert any("no stop order on the exchange" in one for one in bot.said())


# Capital


def test_capital_survives_a_restart_and_a_withdrawal_meanwhile_is_told(
    tmp_path: Path, clock: Any
) -> None:
    with live(tmp_path) as bot:
        loops(bot, clock, 3)
        kept = read_capital()
        assert kept is not None
        assert kept.usd == 10_000.0
    with live(tmp_path) as bot:
        theirs(bot).move(-90.0, datetime.now(UTC) + LOOP)
        loops(bot, clock, 3)
        assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(9_910.0)
        assert status(tmp_path)["equity_usd"] == pytest.approx(9_910.0)
        # The same record is not counted twice.
        loops(bot, clock, 10)
        assert status(tmp_path)["equity_usd"] == pytest.approx(9_910.0)
    assert events(tmp_path) == ["transfer"]


def test_only_the_bots_share_of_a_transfer_moves_its_levels(tmp_path: Path, clock: Any) -> None:
    with live(tmp_path, tradable_balance_ratio=0.5) as bot:
        loops(bot, clock, 3)
        theirs(bot).move(1000.0, datetime.now(UTC))
        loops(bot, clock, 7)
        assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(5_500.0)
    with live(tmp_path, available_capital=2_000.0) as bot:
        theirs(bot).wallet_usd = 11_000.0
        loops(bot, clock, 3)
        theirs(bot).move(1000.0, datetime.now(UTC))
        loops(bot, clock, 7)
        assert status(tmp_path)["equity_usd"] == pytest.approx(2_000.0)
        assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(2_000.0)


def test_a_person_who_re_arms_accepts_the_wallet_as_it_is(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    theirs(bot).move(-2000.0, datetime.now(UTC), recorded=False)
    loops(bot, clock, 80)
    assert kinds(bot) == [BreakKind.MONEY]
    bot.strategy._session._looks_after.resume(datetime.now(UTC), reason="it was me", by="anna")
    loops(bot, clock, 7)
    assert reconciler(bot).breaks == ()
    assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(8_000.0)
    assert exits(bot, clock) is None
    [accepted] = [one for one in written(tmp_path, "break") if one["event"] == "accepted"]
    assert accepted["amount_usd"] == -2000


def test_a_withdrawal_whose_record_comes_minutes_later_is_no_loss_meanwhile(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    """It counted as a loss after half a minute, tripped the daily loss and closed everything."""
    moved_at = datetime.now(UTC) + LOOP
    theirs(bot).move(-2000.0, moved_at, recorded=False)
    loops(bot, clock, 50)
    assert kinds(bot) == [BreakKind.MONEY]
    assert not entry(bot.strategy, datetime.now(UTC))
    assert status(tmp_path)["equity_usd"] == pytest.approx(10_000.0)
    theirs(bot).move(-2000.0, moved_at)
    theirs(bot).wallet_usd += 2000.0
    loops(bot, clock, 14)
    assert kinds(bot) == []
    assert status(tmp_path)["equity_usd"] == pytest.approx(8_000.0)
    assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(8_000.0)
    assert written(tmp_path, "halt") + written(tmp_path, "reducing") == []


def test_money_without_a_record_is_a_loss_once_it_is_old_enough_to_halt(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    theirs(bot).move(-2000.0, datetime.now(UTC), recorded=False)
    loops(bot, clock, 80)
    assert status(tmp_path)["equity_usd"] == pytest.approx(8_000.0)
    assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(10_000.0)
    assert written(tmp_path, "halt")[0]["rule"] == "reconciliation"


def test_a_record_that_comes_after_the_wallet_was_accepted_moves_nothing_again(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    moved_at = datetime.now(UTC) + LOOP
    theirs(bot).move(-2000.0, moved_at, recorded=False)
    loops(bot, clock, 14)
    bot.strategy._session._folder.ask_to_resume("it was me", "anna")
    loops(bot, clock, 7)
    assert status(tmp_path)["equity_usd"] == pytest.approx(8_000.0)
    theirs(bot).move(-2000.0, moved_at)
    theirs(bot).wallet_usd += 2000.0
    loops(bot, clock, 14)
    assert reconciler(bot).breaks == ()
    assert status(tmp_path)["equity_usd"] == pytest.approx(8_000.0)
    assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(8_000.0)


def test_the_span_that_is_asked_for_stays_short_and_no_transfer_is_counted_twice(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    def since() -> timedelta:
        kept = read_capital()
        assert kept is not None
        return datetime.now(UTC) - kept.at

    theirs(bot).move(-1000.0, datetime.now(UTC))
    for _ in range(100):
        clock.shift(timedelta(days=1))
        loops(bot, clock)
        assert since() <= timedelta(days=14)
    assert since() >= timedelta(days=7), "what comes late on record is still asked for"
    theirs(bot).move(-500.0, datetime.now(UTC) - timedelta(days=5))
    loops(bot, clock, 7)
    clock.shift(timedelta(days=30))
    loops(bot, clock, 7)
    assert (kinds(bot), events(tmp_path)) == ([], ["transfer", "transfer"])
    assert status(tmp_path)["equity_usd"] == pytest.approx(8_500.0)


def test_the_span_stays_as_long_as_money_is_unexplained(bot: Bot, clock: Any) -> None:
    before = read_capital()
    theirs(bot).move(-70.0, datetime.now(UTC), recorded=False)
    for _ in range(20):
        clock.shift(timedelta(days=1))
        loops(bot, clock)
    assert kinds(bot) == [BreakKind.MONEY]
    assert read_capital() == before


def test_money_that_halts_nobody_is_accepted_by_a_person_too(
    tmp_path: Path, bot: Bot, clock: Any
) -> None:
    """Between the two limits entries are denied for good, and nothing is held to be re-armed."""
    theirs(bot).move(-70.0, datetime.now(UTC), recorded=False)
    loops(bot, clock, 80)
    assert kinds(bot) == [BreakKind.MONEY]
    supervisor = bot.strategy._session._looks_after
    assert dict(supervisor.held) == {}
    bot.strategy._session._folder.ask_to_resume("a fee", "anna")
    loops(bot, clock, 8)
    assert reconciler(bot).breaks == ()
    assert status(tmp_path)["high_water_equity_usd"] == pytest.approx(9_930.0)


def test_fees_paid_in_another_currency_leave_no_break(bot: Bot, clock: Any) -> None:
    """Freqtrade takes them off the profit; the wallet keeps its USDT and pays in BNB."""
    for _ in range(12):
        trade = open_trade(NOON, fee_open=0.0005, fee_close=0.0005, amount=100.0)
        trade.fee_open_currency = trade.fee_close_currency = "BNB"
        fill(trade, "buy", 100.0)
        fill(trade, "sell", 100.0)
        trade.recalc_trade_from_orders(is_closing=True)
        trade.close(100.0)
        Trade.commit()
        assert trade.close_profit_abs == pytest.approx(-10.0)
        loops(bot, clock, 7)
    assert kinds(bot) == []


def fill(trade: Trade, side: str, price: float) -> None:
    """Book a fill of a whole trade."""
    number = f"{trade.id}-{side}"
    done = {"ft_is_open": False, "status": "closed", "order_type": "market", "side": side}
    values = {"ft_order_side": side, "ft_pair": trade.pair, "ft_trade_id": trade.id, **done}
    amounts = {"ft_amount": trade.amount, "amount": trade.amount, "filled": trade.amount}
    prices = {"ft_price": price, "price": price, "average": price}
    at = {"order_date": NOON.replace(tzinfo=None), "order_filled_date": NOON.replace(tzinfo=None)}
    trade.orders.append(Order(order_id=number, **values, **amounts, **prices, **at))
    Trade.commit()


def test_without_any_books_ever_there_is_no_entry(tmp_path: Path, clock: Any) -> None:
    with live(tmp_path) as bot:
        theirs(bot).fails = TemporaryError("gone")
        loops(bot, clock, 2)
        with pytest.raises(PlimsollError, match="capital of the account is not known"):
            _ = reconciler(bot).capital
        assert not entry(bot.strategy, datetime.now(UTC))
        theirs(bot).fails = None
        loops(bot, clock, 6)
        assert status(tmp_path)["equity_usd"] == pytest.approx(10_000.0)


def test_capital_that_cannot_be_read_is_told(tmp_path: Path, clock: Any) -> None:
    with live(tmp_path) as bot:
        loops(bot, clock, 2)
        KeyValueStore.store_value(KEY, "{")  # type: ignore[arg-type]
    with live(tmp_path) as bot:
        loops(bot, clock, 2)
        assert any("Expected the capital" in one for one in bot.said())
    assert events(tmp_path) == ["failed"]


def test_the_age_of_a_break_outlasts_a_report_that_is_empty_once(bot: Bot, clock: Any) -> None:
    theirs(bot).hold(ETH, 5.0)
    loops(bot, clock, 7)
    [first] = reconciler(bot).breaks
    theirs(bot).hold(ETH, 0.0)
    loops(bot, clock, 2)
    theirs(bot).hold(ETH, 5.0)
    loops(bot, clock, 4)
    [again] = reconciler(bot).breaks
    assert again.since == first.since
    assert datetime.now(UTC) - again.since >= timedelta(seconds=30)


def test_a_position_that_every_second_look_misses_is_told_and_halts(
    tmp_path: Path, bot: Bot, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that flaps: half of the time nothing was denied, and nothing was ever told."""
    open_trade(NOON, amount=10.0, stake_amount=1000.0, fee_open=0.0, fee_close=0.0)
    theirs(bot).hold(BTC, 10.0)
    loops(bot, clock, 7)
    compare, looks = Reconciler._compare, []

    def flap(self: Reconciler, *args: Any, **named: Any) -> Any:
        looks.append(1)
        theirs(bot).hold(BTC, 0.0 if len(looks) % 2 else 10.0)
        return compare(self, *args, **named)

    monkeypatch.setattr(Reconciler, "_compare", flap)
    loops(bot, clock, 80)
    assert events(tmp_path) == ["begun"]
    assert [one["rule"] for one in written(tmp_path, "halt")] == ["reconciliation"]
