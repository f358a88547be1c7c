"""What a reviewer found that let a loss pass unseen, or closed a healthy account."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.enums import CandleType, RunMode
from freqtrade.persistence import Order, Trade, WalletHistory
from freqtrade.wallets import Wallet

from plimsoll.bridge.account.levels import EquityLevels
from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import Mode
from tests.unit.bridge.bots import (
    BTC,
    ETH,
    NOON,
    candles,
    entry,
    open_trade,
    running_bot,
)
from tests.unit.bridge.guarding.test_live_session import LOOP, clock, exits, loops, status, written
from tests.unit.bridge.trades import FEE

__all__ = ["clock"]

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
LAST_LOOP = datetime(2026, 11, 19, 23, 59, 55, tzinfo=UTC)


def test_a_pair_without_a_price_does_not_leave_the_others_unguarded(
    tmp_path: Path, clock: Any
) -> None:
    """One empty order book made the equity unknown, and no loss of the account was seen."""
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR, pair=BTC)
        open_trade(NOON - HOUR, pair=ETH, amount=40.0, stake_amount=4000.0)
        loops(bot, clock)
        del bot.exchange.prices[BTC]
        bot.exchange.prices[ETH] = 50.0
        for _ in range(6):
            loops(bot, clock, after=MINUTE)
            newest = datetime.now(UTC)
            end = newest.replace(minute=newest.minute // 5 * 5, second=0)
            key = (BTC, "5m", CandleType.FUTURES)
            bot.exchange._klines[key] = candles([100.0] * 30, end=end)
        assert exits(bot, clock, ETH) is None, "for as long as the profile lets it be blind"
        loops(bot, clock, after=MINUTE)
        assert exits(bot, clock, ETH) == "blind_guards"
        assert bot.strategy.order_types["exit"] == "market"
        bot.exchange.prices[BTC] = 100.0
        loops(bot, clock)
        assert exits(bot, clock, ETH) == "drawdown", "2,000 of 10,000 USD, seen at once"
    assert any("has no price" in one["message"] for one in written(tmp_path, "error"))


@pytest.mark.parametrize("wrong", [95.0, 109.0], ids=["low", "high"])
def test_a_wrong_tick_at_midnight_is_not_the_start_of_the_day(tmp_path: Path, wrong: float) -> None:
    """A high one closed the account for a day; a low one let another 5 % be lost."""
    with (
        time_machine.travel(LAST_LOOP - LOOP, tick=False) as traveller,
        running_bot(tmp_path) as bot,
    ):
        open_trade(NOON, pair=BTC, amount=100.0, stake_amount=9000.0)
        loops(bot, traveller)
        before = status(tmp_path)["equity_usd"]
        bot.exchange.prices[BTC] = wrong
        loops(bot, traveller)
        bot.exchange.prices[BTC] = 100.0
        loops(bot, traveller, 3)
        assert exits(bot, traveller) is None
        assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(before)


def marked(*marks: float, confirm: bool = True) -> EquityLevels:
    """Marks five seconds apart, the second of which is the first of a day."""
    levels = EquityLevels(day_starts_at_hour_utc=0, confirm_highs=confirm)
    for number, mark in enumerate(marks):
        levels.observe(LAST_LOOP + number * LOOP, mark)
    return levels


@pytest.mark.parametrize(
    ("marks", "start"),
    [
        ((1000.0, 990.0), 990.0),
        ((1000.0, 990.0, 980.0), 990.0),
        ((1000.0, 500.0, 980.0), 980.0),
        ((1000.0, 2000.0, 1010.0), 1010.0),
        ((9.0, 990.0, 980.0), 980.0),
        ((1000.0, 990.0, 2000.0, 5.0), 1000.0),
    ],
)
def test_a_day_starts_with_the_median_of_three_marks(marks: Any, start: float) -> None:
    assert marked(*marks).day_start_usd == start


def test_a_backtests_day_starts_with_its_first_close() -> None:
    assert marked(1000.0, 500.0, 980.0, confirm=False).day_start_usd == 500.0


def test_a_clock_that_is_set_back_closes_nothing(tmp_path: Path, clock: Any) -> None:
    """Every loop failed until the old time was reached again, so that all was closed."""
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock, after=30 * HOUR)
        clock.shift(-30 * HOUR)
        loops(bot, clock, 3)
        loops(bot, clock, 3, after=3 * MINUTE)
        assert exits(bot, clock) is None
        assert status(tmp_path)["mode"] == Mode.ACTIVE.name
        bot.exchange.prices[BTC] = 50.0  # 500 of 10,000 USD
        loops(bot, clock, 3)
        assert exits(bot, clock) == "daily_loss", "and the guards are asked as before"
    assert [one["where"] for one in written(tmp_path, "error")] == ["clock"]


def test_the_day_ends_at_its_time_after_a_clock_was_set_back() -> None:
    levels = marked(1000.0, 1000.0)
    levels.observe(LAST_LOOP - HOUR, 900.0)
    levels.observe(LAST_LOOP + LOOP, 800.0)
    assert levels.day_start_usd == 800.0


def test_money_withdrawn_beside_the_bots_capital_is_no_drawdown(tmp_path: Path, clock: Any) -> None:
    """The wallet history of the days before a withdrawal halted the bot at its next start."""
    with running_bot(tmp_path, available_capital=5000.0) as bot:
        loops(bot, clock, 2)
        WalletHistory.session.add(
            WalletHistory(
                timestamp=NOON.replace(hour=0, tzinfo=None),
                currency="USDT",
                quote_currency="USDT",
                balance=10_000.0,
                leverage=1.0,
                total_quote=10_000.0,
                bot_managed=True,
            )
        )
        WalletHistory.session.commit()
    with running_bot(tmp_path, available_capital=5000.0, dry_run_wallet=9000.0) as bot:
        loops(bot, clock, 2)
        assert exits(bot, clock) is None
        assert status(tmp_path)["high_water_equity_usd"] == 5000.0


LIVE = {"dry_run": False, "plimsoll": {"live_opt_in": LIVE_OPT_IN}}


def test_a_withdrawal_on_record_is_no_loss(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, runmode=RunMode.LIVE, **LIVE) as bot:
        loops(bot, clock, 2)
        bot.exchange.account.move(-1500.0, datetime.now(UTC))
        loops(bot, clock, 10)
        assert exits(bot, clock) is None
        assert status(tmp_path)["equity_usd"] == 8500.0
        assert status(tmp_path)["day_start_equity_usd"] == 8500.0
        assert any("−1,500\u00a0USD transferred" in text for text in bot.said())
    assert [one["event"] for one in written(tmp_path, "break")] == ["transfer"]


def test_a_withdrawal_without_a_record_moves_no_level_and_is_a_loss(
    tmp_path: Path, clock: Any
) -> None:
    """A balance that falls may be stolen, or lost by somebody else's trades."""
    with running_bot(tmp_path, runmode=RunMode.LIVE, **LIVE) as bot:
        loops(bot, clock, 2)
        bot.exchange.account.move(-1500.0, datetime.now(UTC), recorded=False)
        loops(bot, clock, 7)
        assert not entry(bot.strategy, datetime.now(UTC))
        loops(bot, clock, 10)
        assert status(tmp_path)["equity_usd"] == 10_000.0, "its record may still come"
        assert exits(bot, clock) is None
        loops(bot, clock, 50)
        assert status(tmp_path)["day_start_equity_usd"] == 10_000.0
        assert status(tmp_path)["equity_usd"] == 8500.0
        rules = {rule for rule, _ in bot.strategy._session.supervisor.held}
        assert {"drawdown", "reconciliation"} <= rules
        assert any("1,500.00 USD are missing from the wallet" in text for text in bot.said())
    assert [one["event"] for one in written(tmp_path, "break")] == ["begun"]


def test_a_deposit_hides_no_loss(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, runmode=RunMode.LIVE, **LIVE) as bot:
        loops(bot, clock, 2)
        open_trade(NOON, pair=BTC, amount=90.0, stake_amount=9000.0)
        bot.exchange.account.hold(BTC, 90.0)
        bot.exchange.account.move(2000.0, datetime.now(UTC), recorded=False)
        bot.exchange.prices[BTC] = 95.0
        loops(bot, clock, 3)
        assert exits(bot, clock) == "daily_loss", "450 of 10,000 USD, beside 2,000 paid in"


def test_the_margin_of_a_resting_addition_is_no_loss(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, runmode=RunMode.LIVE, **LIVE) as bot:
        open_trade(NOON, pair=BTC, amount=10.0, stake_amount=1000.0)
        bot.exchange.account.hold(BTC, 10.0)
        bot.exchange.account.used_usd = 1000.0
        loops(bot, clock, 2)
        bot.exchange.account.used_usd = 1900.0
        bot.strategy.wallets.update()
        loops(bot, clock, 2)
        assert exits(bot, clock) is None
        bot.exchange.account.used_usd = 1000.0
        loops(bot, clock, 2)
        assert status(tmp_path)["high_water_equity_usd"] == pytest.approx(10_000.0, rel=1e-3)


def test_an_entry_fee_that_the_exchange_has_taken_counts_once(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, runmode=RunMode.LIVE, **LIVE) as bot:
        open_trade(
            NOON,
            amount=270.0,
            stake_amount=9000.0,
            leverage=3.0,
            fee_open=0.0005,
            fee_close=0.0005,
            fee_open_currency="USDT",
        )
        bot.exchange.account.hold(BTC, 270.0)
        bot.exchange.account.wallet_usd -= 13.5
        loops(bot, clock)
        assert status(tmp_path)["equity_usd"] == pytest.approx(10_000.0 - 2 * 13.5)


@pytest.mark.parametrize(("before", "after"), [(0.95, 0.5), (0.5, 0.95)])
def test_another_share_of_the_wallet_is_neither_loss_nor_profit(
    tmp_path: Path, clock: Any, before: float, after: float
) -> None:
    with running_bot(tmp_path, tradable_balance_ratio=before) as bot:
        loops(bot, clock, 2)
    with running_bot(tmp_path, tradable_balance_ratio=after) as bot:
        loops(bot, clock, 2)
        found = status(tmp_path)
        assert exits(bot, clock) is None
        assert found["day_start_equity_usd"] == pytest.approx(10_000.0 * after)
        assert found["high_water_equity_usd"] == pytest.approx(10_000.0 * after)


def stop_order(trade: Trade) -> Order:
    return Order(
        ft_trade_id=trade.id,
        ft_order_side="stoploss",
        ft_pair=BTC,
        ft_is_open=True,
        ft_amount=10.0,
        ft_price=98.0,
        order_id="stop-1",
        status="open",
        symbol=BTC,
        order_type="stop_market",
        side="sell",
        price=98.0,
        amount=10.0,
    )


@pytest.mark.parametrize(
    ("short", "price", "closes"),
    [(False, 97.0, True), (False, 98.1, False), (True, 99.0, True), (True, 97.9, False)],
)
def test_a_stop_that_the_exchange_does_not_hold_is_kept_by_the_bot(
    tmp_path: Path,
    clock: Any,
    short: bool,
    price: float,
    closes: bool,
) -> None:
    """Freqtrade's own answer to the price is asked: its stop is not among the exits."""
    orders = {"exit": "limit", "stoploss": "market", "stoploss_on_exchange": True}
    others = {"entry": "market", "emergency_exit": "market"}
    with running_bot(
        tmp_path, runmode=RunMode.LIVE, order_types={**orders, **others}, **LIVE
    ) as bot:
        trade = open_trade(
            NOON, is_short=short, stop_loss=98.0, initial_stop_loss=98.0, open_rate=98.0
        )
        bot.exchange.account.hold(BTC, 10.0, side="short" if short else "long", price=98.0)
        loops(bot, clock)

        def found() -> list[str]:
            now = datetime.now(UTC)
            exits_now = bot.strategy.should_exit(trade, price, now, enter=False, exit_=False)
            return [str(one.exit_reason) for one in exits_now]

        assert found() == (["plimsoll_stop_missed"] if closes else [])
        assert bot.strategy.order_types["exit"] == ("market" if closes else "limit")
        trade.orders.append(stop_order(trade))
        Trade.commit()
        loops(bot, clock)
        assert found() == []
        assert bot.strategy.order_types["exit"] == "limit"


def test_what_a_resting_entry_has_filled_is_marked(tmp_path: Path, clock: Any) -> None:
    """Freqtrade books it when the order is done; until then 450 USD of loss were not seen."""
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON, amount=0.0, amount_requested=50.0, stake_amount=5000.0)
        trade.orders.append(
            Order(
                ft_trade_id=trade.id,
                ft_order_side="buy",
                ft_pair=BTC,
                ft_is_open=True,
                ft_amount=50.0,
                ft_price=100.0,
                order_id="entry-1",
                status="open",
                symbol=BTC,
                order_type="limit",
                side="buy",
                price=100.0,
                average=100.0,
                amount=50.0,
                filled=45.0,
                remaining=5.0,
            )
        )
        trade.recalc_trade_from_orders()
        Trade.commit()
        loops(bot, clock)
        bot.exchange.prices[BTC] = 90.0
        loops(bot, clock, 3)
        fees = FEE * (45.0 * 100.0 + 45.0 * 90.0)
        assert status(tmp_path)["equity_usd"] == pytest.approx(10_000.0 - 450.0 - fees)
        assert exits(bot, clock) == "daily_loss"


def test_a_request_to_resume_does_not_outlive_its_bot(tmp_path: Path, clock: Any) -> None:
    """A command that was killed left it; a month later it ended another halt unseen."""
    folder = StateFolder(tmp_path / "plimsoll")
    with running_bot(tmp_path) as bot:
        folder.set_halt("another halt")
        loops(bot, clock)
        folder.clear_halt()
    folder.ask_to_resume("of last month", "anna")
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2)
        assert exits(bot, clock) == "manual_halt"
    assert written(tmp_path, "rearm") == []
    assert "before this start" in written(tmp_path, "error")[0]["message"]


def test_in_spot_trading_what_was_bought_is_part_of_the_wallet(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON, amount=50.0, stake_amount=5000.0)
        loops(bot, clock)
        account = bot.strategy._session._account
        assert account._outside_usd([trade]) == pytest.approx(0.0)
        # As Freqtrade keeps a spot wallet: 5,000 USDT were spent, and nothing is tied up.
        bot.config["trading_mode"] = "spot"
        bot.strategy.wallets._wallets["USDT"] = Wallet("USDT", 5000.0, 0.0, 5000.0)
        assert account._outside_usd([trade]) == pytest.approx(0.0)
