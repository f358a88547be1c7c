"""The account of a running bot: what it reads of Freqtrade, and what it is told."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import CandleType
from freqtrade.persistence import KeyValueStore, Trade
from freqtrade.wallets import Wallet

from plimsoll.bridge.account.live import ORDERS_KEPT, LiveAccount
from plimsoll.bridge.account.stored_levels import KEY, read_levels
from plimsoll.core import ModelHealth
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, open_trade, running_bot
from tests.unit.bridge.guarding.test_live_session import (
    LOOP,
    clock,
    entry,
    exits,
    loops,
    status,
    written,
)
from tests.unit.bridge.trades import FEE, add_to_database

__all__ = ["clock"]

BLIND = timedelta(seconds=300)
HOUR = timedelta(hours=1)


@pytest.fixture
def bot(tmp_path: Path, clock: Any) -> Iterator[Bot]:
    with running_bot(tmp_path) as made:
        loops(made, clock)
        yield made


def account_of(bot: Bot) -> LiveAccount:
    account = bot.strategy._session._account
    assert isinstance(account, LiveAccount)
    return account


# What it reads


def test_a_position_is_marked_by_the_price_of_its_exit(bot: Bot, clock: Any) -> None:
    open_trade(NOON)
    bot.exchange.prices[BTC] = 101.0
    bot.exchange.spread_fraction = 0.01
    loops(bot, clock)
    bid = 101.0 * 0.995
    snapshot = account_of(bot).snapshot(datetime.now(UTC))
    assert snapshot.equity_usd == pytest.approx(
        10_000.0 + 10.0 * (bid - 100.0) - FEE * 10.0 * (100.0 + bid)
    )
    (position,) = snapshot.positions or ()
    assert position.mark_price == pytest.approx(bid)
    assert account_of(bot).has_positions


def test_a_position_that_opened_since_the_last_mark_is_marked_by_its_entry(bot: Bot) -> None:
    open_trade(NOON, open_rate=99.0)
    (position,) = account_of(bot).snapshot(NOON).positions or ()
    assert position.mark_price == 99.0


def test_a_trade_that_closes_between_two_loops_is_in_the_next_snapshot(bot: Bot) -> None:
    add_to_database(NOON, -10.0)
    assert len(account_of(bot).snapshot(NOON).closed_trades or ()) == 1


def test_of_two_trades_that_close_in_one_instant_both_are_in_the_equity(
    bot: Bot, clock: Any
) -> None:
    for profit, equity in ((-10.0, 9990.0), (-20.0, 9970.0)):
        add_to_database(NOON, profit)
        loops(bot, clock)
        assert account_of(bot).facts()["equity_usd"] == pytest.approx(equity)


def test_partial_profit_is_in_the_equity_and_not_in_the_starting_balance(
    tmp_path: Path, clock: Any
) -> None:
    """Only the bot's share of it was in Freqtrade's starting balance."""
    with running_bot(tmp_path, tradable_balance_ratio=0.5) as bot:
        trade = open_trade(NOON)
        loops(bot, clock, 2)
        before = account_of(bot).snapshot(NOON)
        trade.realized_profit = 400.0
        Trade.commit()
        loops(bot, clock)
        after = account_of(bot).snapshot(NOON)
        assert before.starting_balance_usd == after.starting_balance_usd == 5000.0
        assert after.equity_usd == pytest.approx((before.equity_usd or 0.0) + 400.0)
    assert written(tmp_path, "error") == [], "no capital was moved"


def test_the_same_holds_for_a_loss_that_was_taken_in_part(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, tradable_balance_ratio=0.5) as bot:
        open_trade(NOON, realized_profit=-400.0)
        loops(bot, clock, 2)
        assert account_of(bot).snapshot(NOON).starting_balance_usd == 5000.0


def test_a_mark_that_jumps_makes_the_pair_implausible(bot: Bot, clock: Any) -> None:
    open_trade(NOON)
    loops(bot, clock)
    bot.exchange.prices[BTC] = 160.0
    loops(bot, clock)
    health = account_of(bot).snapshot(datetime.now(UTC)).data_health
    assert health is not None
    assert "moved by 60.0%" in (health.pairs[BTC].implausible or "")
    assert health.pairs[ETH].implausible is None


def test_a_loop_watches_the_pairs_of_the_list_and_of_positions(bot: Bot) -> None:
    open_trade(NOON, pair="SOL/USDT:USDT")
    health = account_of(bot).snapshot(NOON).data_health
    assert health is not None
    assert set(health.pairs) == {BTC, ETH, "SOL/USDT:USDT"}
    assert health.pairs["SOL/USDT:USDT"].newest_candle_closed_at is None
    assert health.pairs[BTC].newest_candle_closed_at == NOON


def test_an_entry_watches_its_own_pair_and_those_of_positions(bot: Bot) -> None:
    open_trade(NOON, pair="SOL/USDT:USDT")
    health = account_of(bot).snapshot(NOON, "ADA/USDT:USDT").data_health
    assert health is not None
    assert set(health.pairs) == {"SOL/USDT:USDT", "ADA/USDT:USDT"}
    assert health.pairs["ADA/USDT:USDT"].newest_candle_closed_at is None


def test_the_book_says_what_a_market_offers_and_at_which_spread(bot: Bot) -> None:
    account = account_of(bot)
    bot.exchange.spread_fraction = 0.002
    assert account.liquidity_usd(BTC, NOON) == pytest.approx(5 * 99.9 + 5 * 100.1)
    assert account.spread_fraction(BTC) == pytest.approx(0.002)
    del bot.exchange.prices[BTC]
    assert account.liquidity_usd(BTC, NOON) is None
    assert account.spread_fraction(BTC) is None


def test_a_window_holds_the_latest_closes(bot: Bot) -> None:
    window = account_of(bot).window(BTC, NOON, 3)
    assert window is not None
    assert window.closes.tolist() == [100.0] * 3
    assert window.opened_s[-1] == (NOON - timedelta(minutes=5)).timestamp()
    del bot.exchange._klines[BTC, "5m", CandleType.FUTURES]
    assert account_of(bot).window(BTC, NOON, 3) is None


def test_a_track_record_is_read_again_when_a_trade_closes_or_the_day_ends(bot: Bot) -> None:
    account = account_of(bot)
    assert account.snapshot(NOON).track_record is None
    add_to_database(NOON, 10.0)
    record = account.snapshot(NOON, with_record=True).track_record
    assert record is not None
    assert record.trades == 1
    assert account.snapshot(NOON, with_record=True).track_record is record
    assert account.snapshot(NOON + 24 * HOUR, with_record=True).track_record is not record
    add_to_database(NOON, 10.0)
    later = account.snapshot(NOON, with_record=True).track_record
    assert later is not None
    assert later.trades == 2


def test_what_lies_outside_of_the_bots_share_is_not_its_own(bot: Bot) -> None:
    account = account_of(bot)
    assert account._outside_usd([]) == pytest.approx(0.0)
    bot.strategy.wallets._wallets["USDT"] = Wallet("USDT", 12_000.0, 0.0, 12_000.0)
    assert account._outside_usd([]) == pytest.approx(2000.0)


# What it is told


def test_a_persons_halt_is_in_the_snapshot_until_it_is_taken_back(bot: Bot) -> None:
    account = account_of(bot)
    account.set_manual_halt("news")
    assert account.manual_halt_reason == "news"
    assert account.snapshot(NOON).manual_halt_reason == "news"
    account.set_manual_halt(None)
    assert account.snapshot(NOON).manual_halt_reason is None


def test_what_models_were_worth_is_in_the_snapshot(bot: Bot) -> None:
    model = ModelHealth(name="m", accuracy_fraction=0.5, predictions=3)
    bot.strategy._session.set_models((model,))
    assert list(account_of(bot).snapshot(NOON).models or ()) == [model]


def test_orders_are_remembered_up_to_what_the_throttle_may_count(bot: Bot) -> None:
    account = account_of(bot)
    for count in range(ORDERS_KEPT + 1):
        account.ordered(NOON + count * LOOP)
    times = account.snapshot(NOON).order_times or ()
    assert len(times) == ORDERS_KEPT
    assert times[0] == NOON + LOOP


def test_candles_that_are_late_since_nobody_asked_are_implausible_and_count_from_then(
    bot: Bot, clock: Any
) -> None:
    account = account_of(bot)
    now = NOON + 8 * HOUR
    account.look_again(now)
    health = account.snapshot(now).data_health
    assert health is not None
    assert health.pairs[BTC].newest_candle_closed_at == now - timedelta(minutes=5)
    assert "before a gap" in (health.pairs[BTC].implausible or "")
    after = account.snapshot(now + BLIND + LOOP).data_health
    assert after is not None
    assert after.pairs[BTC].newest_candle_closed_at == NOON


def test_re_arming_measures_the_drawdown_from_the_equity_of_now(bot: Bot, clock: Any) -> None:
    account = account_of(bot)
    add_to_database(NOON, -100.0)
    loops(bot, clock, 2)
    assert account.facts()["high_water_equity_usd"] == pytest.approx(10_000.0)
    now = datetime.now(UTC)
    account.rearm(now)
    assert account.facts()["high_water_equity_usd"] == pytest.approx(9900.0)
    assert account.snapshot(now).rearmed_at == now
    assert (read_levels().high_usd, read_levels().since) == (pytest.approx(9900.0), now)


def test_a_notice_is_taken_once(bot: Bot, clock: Any) -> None:
    account = account_of(bot)
    bot.strategy.wallets._start_cap["USDT"] = 8000.0
    bot.strategy.wallets.update()
    account.update(NOON + LOOP)
    (text,) = account.take_notices().values()
    assert "−2,000\u00a0USD without a trade" in text
    assert account.take_notices() == {}


# What it leaves for the next


def test_levels_that_cannot_be_read_are_told_and_the_strictest_known_count(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2)
        KeyValueStore.store_value(KEY, "{")  # type: ignore[arg-type]
        add_to_database(NOON - 24 * HOUR, 500.0)
        add_to_database(NOON, -400.0)
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 4)
        assert status(tmp_path)["day_start_equity_usd"] == pytest.approx(10_500.0)
        assert status(tmp_path)["high_water_equity_usd"] == pytest.approx(10_500.0)
        assert exits(bot, clock) == "daily_loss"
        assert not entry(bot.strategy, datetime.now(UTC))
        assert len([text for text in bot.said() if "⚠️ Expected equity levels" in text]) == 1
        assert read_levels().day_usd == pytest.approx(10_500.0)
    (error,) = written(tmp_path, "error")
    assert error["where"] == "levels"
    assert "worked out from closed trades and the wallet history" in error["message"]


def test_a_day_without_a_mark_has_not_begun_when_levels_are_stored(
    tmp_path: Path, clock: Any
) -> None:
    """A re-arming without a price after midnight stored yesterday's start as today's."""
    midnight = NOON.replace(hour=0) + timedelta(days=1)
    clock.move_to(midnight - 4 * LOOP)
    with running_bot(tmp_path) as bot:
        open_trade(NOON)
        loops(bot, clock, 3)
        del bot.exchange.prices[BTC]
        loops(bot, clock, 2)
        account_of(bot).rearm(datetime.now(UTC))
        assert datetime.now(UTC) > midnight
        assert read_levels().day_at == midnight - timedelta(days=1)
