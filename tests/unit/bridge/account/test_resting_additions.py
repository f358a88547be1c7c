"""Additions that rest on the exchange count against every limit, as resting entries do."""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.persistence import Order, Trade

from tests.unit.bridge.bots import BTC, ETH, NOON, PLAIN, Bot, entry, open_trade, running_bot
from tests.unit.bridge.guarding.test_live_session import clock, loops, status, written
from tests.unit.bridge.strategies.test_hooks_deny import adjust

__all__ = ["clock"]

ADDS = f"""{PLAIN}
    def adjust_position(self, trade, now, price, profit_fraction):
        return 1000.0
"""


def held(**others: Any) -> Trade:
    """1,000 USD of BTC at 100, or what a test says, with a stop at 99."""
    return open_trade(NOON, stop_loss=99.0, initial_stop_loss=99.0, **others)


def rests(trade: Trade, amount: float, price: float, **others: Any) -> Order:
    """Let an order of a trade rest on the exchange, as Freqtrade keeps it."""
    order = Order(
        **{
            "ft_trade_id": trade.id,
            "ft_order_side": trade.entry_side,
            "ft_pair": trade.pair,
            "ft_is_open": True,
            "ft_amount": amount,
            "ft_price": price,
            "order_id": f"order-{len(trade.orders)}",
            "status": "open",
            "symbol": trade.pair,
            "order_type": "limit",
            "side": trade.entry_side,
            "price": price,
            "amount": amount,
            "filled": 0.0,
            "remaining": amount,
            **others,
        }
    )
    trade.orders.append(order)
    Trade.commit()
    return order


def limits(**risk: Any) -> dict[str, Any]:
    return {"risk": {"max_correlation": 1.0, "max_risk_per_trade_fraction": 0.05, **risk}}


def position_of(bot: Bot) -> Any:
    return bot.strategy._session._account.snapshot(NOON).positions[0]


def asks(bot: Bot, trade: Trade) -> Any:
    return adjust(bot.strategy, trade=trade, max_stake=5000.0)


def test_additions_in_flight_do_not_pass_the_limit_of_a_position(
    tmp_path: Path, clock: Any
) -> None:
    """Freqtrade asks for another addition in every loop, also while the last one rests."""
    with running_bot(tmp_path, ADDS, plimsoll=limits(max_position_usd=2500.0)) as bot:
        trade = held()
        loops(bot, clock)
        assert asks(bot, trade) == 1000.0
        rests(trade, 10.0, 100.0)
        assert asks(bot, trade) == pytest.approx(500.0)
        rests(trade, 5.0, 100.0)
        assert asks(bot, trade) is None
    assert written(tmp_path, "denial")[0]["rule"] == "position_size"


def test_they_count_in_the_exposure_that_another_pair_is_asked_about(
    tmp_path: Path, clock: Any
) -> None:
    limit = limits(max_exposure_usd=2000.0)
    with running_bot(tmp_path, ADDS, plimsoll=limit) as bot:
        trade = held()
        loops(bot, clock)
        assert entry(bot.strategy, NOON, pair=ETH)
        rests(trade, 10.0, 99.5)
        assert not entry(bot.strategy, NOON, pair=ETH)
    assert written(tmp_path, "denial")[0]["rule"] == "exposure"


@pytest.mark.parametrize(
    ("others", "heat_usd"),
    [
        # 10 at 100 and 20 at 99.5, all stopped at 99
        ({"stop_loss": 99.0}, 10.0 * 1.0 + 20.0 * 0.5),
        # without a stop all of the margin is at risk
        ({"stop_loss": 0.0, "leverage": 2.0, "stake_amount": 500.0}, 500.0 + 20.0 * 99.5 / 2),
    ],
    ids=["stop", "no stop"],
)
def test_they_count_in_the_heat(
    tmp_path: Path, clock: Any, others: dict[str, float], heat_usd: float
) -> None:
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON, **others)
        bot.price(BTC, 99.5)
        loops(bot, clock)
        rests(trade, 20.0, 99.5)
        assert position_of(bot).risk_usd == pytest.approx(heat_usd)


def test_the_additions_of_a_short_count_too(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON, is_short=True, stop_loss=102.0)
        loops(bot, clock)
        rests(trade, 10.0, 101.0)
        found = position_of(bot)
        assert (found.amount, found.entry_price) == (20.0, pytest.approx(100.5))
        assert found.risk_usd == pytest.approx(20.0 * 2.0)


@pytest.mark.parametrize(
    "others",
    [{"ft_is_open": False}, {"ft_order_side": "sell"}, {"ft_order_side": "stoploss"}],
    ids=["done", "exit", "stop"],
)
def test_other_orders_of_a_trade_do_not_count(
    tmp_path: Path, clock: Any, others: dict[str, Any]
) -> None:
    with running_bot(tmp_path) as bot:
        trade = held()
        loops(bot, clock)
        rests(trade, 10.0, 100.0, **others)
        assert position_of(bot).amount == 10.0


def test_a_resting_entry_counts_once(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        trade = held(amount=0.0, amount_requested=10.0)
        loops(bot, clock)
        rests(trade, 10.0, 100.0)
        assert position_of(bot).notional_usd == 1000.0


def test_what_rests_is_neither_profit_nor_loss(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        trade = held()
        loops(bot, clock)
        before = status(tmp_path)["equity_usd"]
        rests(trade, 50.0, 90.0)
        loops(bot, clock)
        assert status(tmp_path)["equity_usd"] == before


@pytest.mark.parametrize("usd", [90.0, 900.0])
def test_the_money_that_they_hold_on_spot_is_no_loss_and_no_withdrawal(
    tmp_path: Path, clock: Any, usd: float
) -> None:
    """Several of a hundredth of the capital each would be a day's loss together."""
    exchange: dict[str, Any] = {"name": "binance", "key": "", "secret": "", "enable_ws": False}
    exchange["pair_whitelist"] = [BTC, ETH]
    spot = {"trading_mode": "spot", "margin_mode": "", "dry_run": False, "exchange": exchange}
    with running_bot(tmp_path, f"{PLAIN}    can_short = False\n", **spot) as bot:
        trades = [held(pair=pair, trading_mode="spot") for pair in (BTC, ETH)]
        bot.exchange.account.wallet_usd -= sum(one.stake_amount for one in trades)
        bot.strategy.wallets.update()
        loops(bot, clock)
        before = bot.strategy._session._account.facts()
        for trade in trades:
            rests(trade, usd / 99.5, 99.5)
            bot.exchange.account.used_usd += usd
            bot.strategy.wallets.update()
            loops(bot, clock)
        assert bot.strategy._session._account.facts() == pytest.approx(before)
        assert not [one for one in bot.said() if "capital was moved" in one]
