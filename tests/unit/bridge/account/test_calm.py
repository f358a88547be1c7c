"""What a calm account is spared changes nothing of what it says."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

import pytest
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.account import backtest as module
from plimsoll.bridge.account.backtest import BacktestAccount
from plimsoll.bridge.account.closes import Closes
from plimsoll.risk import RiskProfile
from tests.unit.bridge.bots import BTC, ETH, NOON, candles
from tests.unit.bridge.trades import FEE, backtest_trades, trade_fields

STEP = timedelta(minutes=5)
CANDLES = 400


@pytest.fixture(autouse=True)
def memory() -> Iterator[None]:
    with backtest_trades():
        yield


def walk(chance: random.Random, spread: float) -> list[float]:
    steps = [chance.gauss(0, spread) for _ in range(CANDLES)]
    return [100.0 * factor for factor in accumulate(steps, lambda at, step: at * (1 + step))][1:]


def account_of(prices: dict[str, list[float]]) -> BacktestAccount:
    closes = Closes(300)
    for pair, series in prices.items():
        frame = candles([100.0, *series], end=NOON + len(series) * STEP)
        holes = [50, 51, 120] if len(frame) > 120 else []  # after one, a mark is late
        closes.add(pair, frame.drop(index=holes))
    limits = RiskProfile(max_daily_loss_usd=60.0, min_liquidation_distance_fraction=0.05)
    return BacktestAccount(limits, closes, starting_balance_usd=10_000.0)


def happen(chance: random.Random, now: datetime) -> None:
    """Let something happen to the open trades, as the loop of a backtest does."""
    trades, what = LocalTrade.bt_trades_open, chance.random()
    if what < 0.03 and len(trades) < 4:
        short = chance.random() < 0.5
        fields = trade_fields(now, pair=chance.choice([BTC, ETH]), trading_mode="futures")
        fields |= {"is_short": short, "leverage": 5.0, "liquidation_price": 125.0 if short else 75}
        fields["amount"] = chance.choice([0.3, 3.0])
        LocalTrade.add_bt_trade(LocalTrade(**fields))
    elif what < 0.045 and trades:
        trade = chance.choice(trades)
        trade.close_date, trade.close_profit = now, 0.01
        trade.close_profit_abs = chance.uniform(-20, 20)
        LocalTrade.close_bt_trade(trade)
    elif what < 0.06 and trades:
        chance.choice(trades).funding_fees = chance.uniform(-1, 1)
    elif what < 0.07 and trades:
        trade = chance.choice(trades)
        trade.amount, trade.realized_profit = trade.amount / 2, chance.uniform(-9, 9)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("spread", [0.0005, 0.004])
def test_a_calm_account_says_what_one_that_is_marked_at_each_candle_says(
    seed: int, spread: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    prices = {BTC: walk(chance, spread), ETH: walk(chance, spread)}
    spared, marked = account_of(prices), account_of(prices)
    for number in range(CANDLES - 1):
        now = NOON + number * STEP
        acts = spared.update(now)
        with monkeypatch.context() as patch:
            patch.setattr(module.Calm, "lasts", lambda *_: False)
            assert marked.update(now) == acts
        if chance.random() < 0.5:  # an entry is asked about after something has happened
            happen(chance, now)
        if chance.random() < 0.3:
            assert spared.snapshot(now, BTC) == marked.snapshot(now, BTC)
            assert spared.facts() == marked.facts()
        happen(chance, now)


def test_a_position_that_hardly_moves_is_marked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    account, marked = account_of({BTC: [100.0 + number % 3 / 100 for number in range(40)]}), []
    mark = BacktestAccount._mark

    def counted(self: BacktestAccount, *arguments: Any) -> bool:
        marked.append(arguments)
        return mark(self, *arguments)

    monkeypatch.setattr(BacktestAccount, "_mark", counted)
    account.update(NOON)
    LocalTrade.add_bt_trade(LocalTrade(**trade_fields(NOON, amount=1.0, trading_mode="futures")))
    marked.clear()
    for number in range(1, 40):
        assert not account.update(NOON + number * STEP)
    assert 1 <= len(marked) <= 3
    rise = 38 % 3 / 100
    cost = FEE * (100.0 + 100.0 + rise)
    assert account.facts()["equity_usd"] == pytest.approx(10_000.0 + rise - cost)
