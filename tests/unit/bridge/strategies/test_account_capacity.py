"""What an account can hold, from Freqtrade's wallet, the exchange and the risk profile."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.guarding.entry import Wanted
from plimsoll.bridge.strategies.account_capacity import (
    EXPOSURE,
    HEAT,
    POSITION,
    RESERVE_FRACTION,
    RISK,
    WALLET,
    Decision,
    capacity_of,
    share_left,
    stops_within,
)
from plimsoll.core import Side
from plimsoll.signals.capacity import Capacity, fitted
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, backtest, candles
from tests.unit.bridge.trades import trade_fields

LEFT = 1 - RESERVE_FRACTION
PRICES = {BTC: 100.0, ETH: 100.0}
LOOSE = {
    "max_position_fraction": 5,
    "max_exposure_fraction": 10,
    "max_portfolio_heat_fraction": 0.2,
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
}


@contextmanager
def account(
    folder: Path, *, guards: str = "off", risk: dict[str, Any] | None = None, **config: Any
) -> Iterator[Bot]:
    """A backtest with 10,000 USDT of which 95 % may be traded."""
    section = {"guards": guards, "risk": {**LOOSE, **(risk or {})}}
    given = {"tradable_balance_ratio": 0.95, "plimsoll": section, **config}
    with backtest(folder, **given) as bot:
        for market in bot.exchange._markets.values():
            market["limits"] = {
                "cost": {"min": 100.0, "max": None},
                "amount": {"min": 0.001, "max": None},
            }
        for pair in (BTC, ETH):
            bot.strategy._session.learn(pair, candles([100.0] * 30))
        bot.loop(NOON)
        yield bot


def opened(
    pair: str = BTC,
    *,
    amount: float = 10.0,
    side: Side = Side.LONG,
    stop: float | None = None,
) -> LocalTrade:
    """Open a position at 100, with a stop 30 % away."""
    trade = LocalTrade(
        **trade_fields(
            NOON,
            pair=pair,
            amount=amount,
            open_rate=100.0,
            stake_amount=amount * 100.0,
            is_short=side is Side.SHORT,
            trading_mode="futures",
            stop_loss=stop or 100.0 - 30 * side.sign,
        )
    )
    trade.orders = []
    LocalTrade.add_bt_trade(trade)
    return trade


def decided(
    bot: Bot, targets: dict[str, float], prices: dict[str, float] | None = None, **others: Any
) -> Capacity:
    bot.strategy.wallets.update()
    fields = {
        "now": NOON,
        "equity_usd": 10_000.0,
        "stops": dict.fromkeys(PRICES, 0.3),
        **others,
    }
    return capacity_of(bot.strategy, Decision(targets=targets, prices=prices or PRICES, **fields))


def budget(capacity: Capacity, cause: str) -> float:
    (one,) = [one for one in capacity.budgets if one.cause == cause]
    return one.usd


# Wallet


def test_a_flat_account_holds_its_tradable_share_less_the_reserve(tmp_path: Path) -> None:
    with account(tmp_path) as bot:
        capacity = decided(bot, {BTC: 0.5})
    assert [one.cause for one in capacity.budgets] == [WALLET]
    assert budget(capacity, WALLET) == pytest.approx(9_500 * LEFT)
    assert capacity.most_positions == {"max_open_trades": 4}
    assert capacity.held_usd == {}


def test_a_margin_is_a_share_of_a_position_under_leverage(tmp_path: Path) -> None:
    with account(tmp_path) as bot:
        capacity = decided(bot, {BTC: 3.0}, leverages={BTC: 3.0, ETH: 1.0})
    assert capacity.budgets[0].per_usd == {BTC: pytest.approx(1 / 3)}
    assert fitted({BTC: 3.0}, capacity).scale == pytest.approx(9_500 * LEFT / 10_000)


def test_the_stake_of_a_short_that_gained_stays_at_its_entry(tmp_path: Path) -> None:
    with account(tmp_path) as bot:
        opened(amount=40.0, side=Side.SHORT)
        capacity = decided(bot, {BTC: -0.4}, {BTC: 60.0, ETH: 100.0})
    # 4,000 of stake hold 2,400 at the mark.
    assert budget(capacity, WALLET) == pytest.approx((9_500 - 1_600) * LEFT)
    assert capacity.held_usd == {BTC: -2_400.0}


def test_a_loss_that_a_reduction_would_realise_is_not_there_to_be_held(tmp_path: Path) -> None:
    with account(tmp_path) as bot:
        opened(amount=40.0, side=Side.SHORT)
        capacity = decided(bot, {BTC: -0.1}, {BTC: 140.0, ETH: 100.0})
    assert budget(capacity, WALLET) == pytest.approx((9_500 - 0.95 * 1_600) * LEFT)


def test_what_is_closed_pays_its_profit_into_the_balance(tmp_path: Path) -> None:
    with account(tmp_path) as bot:
        opened(amount=40.0, side=Side.SHORT)
        capacity = decided(bot, {BTC: 0.4}, {BTC: 60.0, ETH: 100.0})
    assert budget(capacity, WALLET) == pytest.approx((9_500 + 0.95 * 1_600) * LEFT)


@pytest.mark.parametrize("seed", range(12))
def test_a_book_that_fits_the_wallet_is_one_that_freqtrade_lets_stakes_be_found_for(
    tmp_path: Path, seed: int
) -> None:
    chance = Random(seed)
    with account(tmp_path) as bot:
        trades = {
            pair: opened(pair, amount=chance.uniform(5, 45), side=chance.choice(list(Side)))
            for pair in (BTC, ETH)
        }
        prices = {pair: chance.uniform(50, 150) for pair in trades}
        wanted = {pair: chance.uniform(-1, 1) for pair in trades}
        bot.strategy.wallets.update()
        equity = 10_000 + sum(one.calc_profit(prices[one.pair]) for one in trades.values())
        room = decided(bot, wanted, prices, equity_usd=equity)
        book = fitted(wanted, room).weights
    stakes, balance = 0.0, 10_000.0
    for pair, trade in trades.items():
        sign = -1 if trade.is_short else 1
        held, value = trade.amount * prices[pair], book[pair] * equity * sign
        gain = (prices[pair] - 100.0) * sign * trade.amount
        kept = min(max(value, 0.0) / held, 1.0)
        balance += gain * (1 - kept)
        stakes += trade.stake_amount * kept + max(0.0, value - held)
        stakes += max(0.0, -value)
    assert stakes <= balance * 0.95
    assert stakes > 0


# The exchange


def test_the_smallest_order_has_freqtrades_reserve_for_the_stop(tmp_path: Path) -> None:
    with account(tmp_path) as bot:
        bot.strategy.stoploss = -0.9
        capacity = decided(bot, {BTC: 0.5})
    assert capacity.least_usd == {BTC: 150.0, ETH: 150.0}
    assert fitted({BTC: 0.0149, ETH: 0.015}, capacity).weights == {BTC: 0.0, ETH: 0.015}


def test_the_largest_position_is_that_of_the_exchange(tmp_path: Path) -> None:
    with account(tmp_path) as bot:
        bot.exchange._markets[BTC]["limits"]["cost"]["max"] = 2_000.0
        capacity = decided(bot, {BTC: 0.5, ETH: 0.1})
    assert capacity.largest_usd["exchange_maximum"][BTC] == 2_000.0


# The profile


def test_the_limits_of_the_profile_are_those_of_its_guards(tmp_path: Path) -> None:
    with account(tmp_path, guards="enforce") as bot:
        capacity = decided(bot, {BTC: 0.5, ETH: -0.1})
    loss = {one.cause: one.per_usd for one in capacity.budgets}[HEAT]
    assert loss == {BTC: pytest.approx(0.3 + 0.0007 * 1.7), ETH: pytest.approx(0.3 + 0.0007 * 2.3)}
    assert budget(capacity, EXPOSURE) == pytest.approx(100_000 * LEFT)
    assert budget(capacity, HEAT) == pytest.approx(2_000 * LEFT)
    assert capacity.largest_usd[POSITION][BTC] == pytest.approx(50_000 * LEFT)
    assert capacity.largest_usd[RISK][BTC] == pytest.approx(500 * LEFT / loss[BTC])
    assert capacity.largest_usd["fixed_risk_fraction"] == capacity.largest_usd[RISK]
    assert capacity.most_positions == {"max_open_trades": 4, "max_open_positions": 4}


def test_a_stop_beyond_the_breaker_counts_at_the_breaker(tmp_path: Path) -> None:
    with account(tmp_path, guards="enforce", risk={"breaker_stop_fraction": 0.15}) as bot:
        opened(amount=20.0)
        capacity = decided(bot, {BTC: 0.5, ETH: -0.1})
    loss = {one.cause: one.per_usd for one in capacity.budgets}[HEAT]
    assert loss[BTC] == pytest.approx(0.15 + 0.0007 * 1.85)
    assert budget(capacity, HEAT) == pytest.approx(2_000 * LEFT)


def test_what_a_position_costs_beyond_its_value_is_taken_off(tmp_path: Path) -> None:
    with account(tmp_path, guards="enforce") as bot:
        opened(amount=20.0)
        capacity = decided(bot, {BTC: 0.5, ETH: -0.1}, {BTC: 80.0, ETH: 100.0})
    # The guards count it at its entry, 2,000, and its stop at 70 as 600 of heat.
    assert budget(capacity, EXPOSURE) == pytest.approx(100_000 * LEFT - 400)
    loss = {one.cause: one.per_usd for one in capacity.budgets}[HEAT]
    assert budget(capacity, HEAT) == pytest.approx(2_000 * LEFT - (600 - loss[BTC] * 1_600))


@pytest.mark.parametrize("guards", ["off", "observe"])
def test_guards_that_do_not_act_limit_nothing(tmp_path: Path, guards: str) -> None:
    with account(tmp_path, guards=guards) as bot:
        capacity = decided(bot, {BTC: 0.5})
        assert share_left(bot.strategy, BTC, NOON) == 1.0
    assert [one.cause for one in capacity.budgets] == [WALLET]
    assert (capacity.largest_usd, capacity.multipliers) == ({}, {})


def test_the_share_that_a_drawdown_leaves_of_stakes_is_in_the_targets_once(tmp_path: Path) -> None:
    risk = {"max_daily_loss_fraction": 0.10, "max_portfolio_heat_fraction": 0.2}
    with account(tmp_path, guards="enforce", risk=risk) as bot:
        opened(amount=90.0, stop=89.0)
        bot.strategy._session.learn(BTC, candles([100.0] * 29 + [90.0]))
        bot.loop(NOON)
        capacity = decided(bot, {BTC: 0.5}, {BTC: 90.0, ETH: 100.0})
        assert capacity.multipliers == {"drawdown": 0.5}
        assert share_left(bot.strategy, ETH, NOON) == 0.5
        asked = 200.0 / share_left(bot.strategy, ETH, NOON)
        wanted = Wanted(
            pair=ETH,
            side=Side.LONG,
            now=NOON,
            price=100.0,
            stake_usd=asked,
            leverage=1.0,
            stop_price=70.0,
        )
        ordered = bot.strategy._session.stake(wanted, least=5.0)
    assert ordered == pytest.approx(200.0)


def test_a_stop_is_no_farther_than_freqtrade_sets_one_of_that_leverage() -> None:
    fractions = {"BTC/USDT:USDT": 0.5, "ETH/USDT:USDT": 0.2}
    leverages = {"BTC/USDT:USDT": 3.0, "ETH/USDT:USDT": 3.0}
    assert stops_within(fractions, -0.9, leverages) == pytest.approx(
        {"BTC/USDT:USDT": 0.3, "ETH/USDT:USDT": 0.2}
    )
    assert stops_within(fractions, -0.4, {}) == {"BTC/USDT:USDT": 0.4, "ETH/USDT:USDT": 0.2}
