"""One history, driven through a backtest and a running bot: the same account, the same verdicts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine
from freqtrade.enums import CandleType
from freqtrade.persistence import LocalTrade, Trade

from plimsoll.core import AccountSnapshot, Mode
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, backtest, candles, running_bot
from tests.unit.bridge.trades import trade_fields

STEP = timedelta(minutes=5)
SECOND = timedelta(seconds=1)
PAIRS = BTC, ETH
SEEDS = range(1, 5)
AT_ONCE = {
    "live_breach_observations": 1,
    "backtest_breach_observations": 1,
    "flatten_on_consecutive_losses": True,
    "max_consecutive_losses": 4,
}


@dataclass(frozen=True)
class Event:
    """What happens to one pair in a candle: prices at its close, a trade opened or closed."""

    prices: dict[str, float]
    opens: dict[str, Any] | None = None
    closes: str | None = None
    takes: str | None = None
    """The pair of which half of the profit is taken."""


def history(seed: int, candles: int = 80) -> list[Event]:
    """A wild market in which positions are opened, halved and closed."""
    dice = Random(seed)
    prices, held, events = dict.fromkeys(PAIRS, 100.0), set(), []
    for _ in range(candles):
        prices = {pair: price * dice.uniform(0.965, 1.035) for pair, price in prices.items()}
        pair = dice.choice(PAIRS)
        if pair not in held and dice.random() < 0.5:
            held.add(pair)
            leverage = dice.choice([1.0, 3.0])
            opens = {
                "pair": pair,
                "is_short": dice.random() < 0.5,
                "leverage": leverage,
                "amount": dice.uniform(10, 60),
                "open_rate": prices[pair],
                "funding_fees": dice.uniform(-5, 5),
            }
            events.append(Event(prices, opens=opens))
        elif pair in held and dice.random() < 0.25:
            held.discard(pair)
            events.append(Event(prices, closes=pair))
        elif pair in held and dice.random() < 0.3:
            events.append(Event(prices, takes=pair))
        else:
            events.append(Event(prices))
    return events


def fields(opened: datetime, wanted: dict[str, Any]) -> dict[str, Any]:
    sign = -1 if wanted["is_short"] else 1
    rate, leverage = wanted["open_rate"], wanted["leverage"]
    return trade_fields(
        opened,
        trading_mode="futures",
        stop_loss=rate * (1 - sign * 0.1 / leverage),
        liquidation_price=None if leverage == 1 else rate * (1 - sign * 0.9 / leverage),
        realized_profit=0.0,
        **{**wanted, "stake_amount": wanted["amount"] * rate / leverage},
    )


def close(trade: LocalTrade, price: float, at: datetime) -> None:
    profit = trade.calc_profit(price) + trade.realized_profit
    trade.close_date, trade.close_rate, trade.is_open = at, price, False
    trade.close_profit_abs, trade.close_profit = profit, profit / trade.stake_amount


def halve(trade: LocalTrade, price: float) -> None:
    trade.realized_profit += trade.calc_profit(price) / 2
    trade.amount, trade.stake_amount = trade.amount / 2, trade.stake_amount / 2
    trade.funding_fees /= 2
    trade.recalc_open_trade_value()


class InBacktest:
    """The history in Freqtrade's backtest memory."""

    def __init__(self, bot: Bot, events: list[Event]) -> None:
        self.bot = bot
        self._trades: dict[str, LocalTrade] = {}
        for pair in PAIRS:
            series = [event.prices[pair] for event in events]
            end = NOON + STEP * (len(events) - 1)
            bot.strategy._session.learn(pair, candles([*[series[0]] * 5, *series], end=end))

    def loop(self, event: Event, now: datetime) -> None:
        self.bot.loop(now)

    def apply(self, event: Event, now: datetime) -> None:
        if event.opens is not None:
            trade = LocalTrade(**fields(now, event.opens))
            LocalTrade.add_bt_trade(trade)
            self._trades[trade.pair] = trade
        if event.takes is not None:
            halve(self._trades[event.takes], event.prices[event.takes])
        if event.closes is not None:
            trade = self._trades.pop(event.closes)
            close(trade, event.prices[event.closes], now)
            LocalTrade.close_bt_trade(trade)


class InBot:
    """The history in a dry-run bot's database, with its wallet and its order books."""

    def __init__(self, bot: Bot, clock: Any) -> None:
        self.bot, self._clock = bot, clock

    def loop(self, event: Event, now: datetime) -> None:
        for pair, price in event.prices.items():
            self.bot.exchange.prices[pair] = price
            key = (pair, "5m", CandleType.FUTURES)
            self.bot.exchange._klines[key] = candles([price] * 30, end=now)
        for _ in range(2):  # a high needs two marks
            self._clock.move_to(now)
            self.bot.strategy.wallets.update()
            self.bot.loop(now)

    def apply(self, event: Event, now: datetime) -> None:
        naive = now.replace(tzinfo=None)
        if event.opens is not None:
            Trade.session.add(Trade(**fields(naive, event.opens)))
        if event.takes is not None:
            halve(self._open(event.takes), event.prices[event.takes])
        if event.closes is not None:
            close(self._open(event.closes), event.prices[event.closes], naive)
        Trade.commit()

    def _open(self, pair: str) -> Trade:
        (trade,) = Trade.get_trades([Trade.is_open.is_(True), Trade.pair == pair]).all()
        return trade


Row = tuple[AccountSnapshot, Mode | None, list[tuple[str, str | None]], list[Any]]


def rows(run: InBacktest | InBot, events: list[Event]) -> list[Row]:
    """What the account and its guards are after each loop, and what an entry would hear."""
    found = []
    for count, event in enumerate(events):
        now = NOON + STEP * count
        run.loop(event, now)
        supervisor = run.bot.strategy._session.supervisor
        account, evaluation = supervisor.of_entry(BTC, now, leverage=1.0)
        of_pair = [
            (one.rule, one.pair, one.mode, None if one.value is None else round(one.value, 6))
            for one in evaluation.denials
            if one.pair in (None, BTC)
        ]
        held = sorted(supervisor.held, key=str)
        # A backtest looks for what only reduces when an entry asks, not in its loop.
        closing = supervisor.mode if supervisor.mode >= Mode.FLATTEN else None
        found.append((account, closing, held, sorted(of_pair, key=str)))
        run.apply(event, now + SECOND * (count % 60 + 1))
    return found


@contextmanager
def both(folder: Path, events: list[Event], **limits: Any) -> Iterator[list[list[Row]]]:
    # Nothing is closed here but by the history: only a running bot halts for that.
    settings = {"risk": {**AT_ONCE, "flatten_halt_seconds": None, **limits}}
    found = []
    (folder / "backtest").mkdir()
    with backtest(folder / "backtest", plimsoll=settings) as bot:
        found.append(rows(InBacktest(bot, events), events))
    with time_machine.travel(NOON, tick=False) as clock:
        (folder / "bot").mkdir()
        with running_bot(folder / "bot", plimsoll=settings) as bot:
            found.append(rows(InBot(bot, clock), events))
    yield found


@pytest.mark.parametrize("seed", SEEDS)
def test_both_see_the_same_account_and_say_the_same(tmp_path: Path, seed: int) -> None:
    with both(tmp_path, history(seed)) as (simulated, live):
        for one, other in zip(simulated, live, strict=True):
            assert_same_account(one[0], other[0])
            assert one[1:] == other[1:]


def test_the_histories_reach_every_kind_of_guard_that_closes(tmp_path: Path) -> None:
    """Or the comparison would compare calm accounts."""
    found: set[str] = set()
    for seed in SEEDS:
        folder = tmp_path / str(seed)
        folder.mkdir()
        with backtest(folder, plimsoll={"risk": AT_ONCE}) as bot:
            events = history(seed)
            for row in rows(InBacktest(bot, events), events):
                found |= {rule for rule, _ in row[2]}
    assert found >= {"daily_loss", "drawdown", "liquidation_distance", "consecutive_losses"}


def assert_same_account(one: AccountSnapshot, other: AccountSnapshot) -> None:
    for name in (
        "equity_usd",
        "day_start_equity_usd",
        "high_water_equity_usd",
        "starting_balance_usd",
    ):
        assert getattr(one, name) == pytest.approx(getattr(other, name), abs=1e-6), name
    assert list(one.positions or ()) == list(other.positions or ())
    assert list(one.closed_trades or ()) == list(other.closed_trades or ())
    assert one.as_of == other.as_of
    assert one.sees_open_positions is other.sees_open_positions is True


def test_a_trade_that_an_entry_has_seen_closed_still_wakes_the_guards(tmp_path: Path) -> None:
    """In a backtest a trade closes after the loop, and an entry of another pair is asked next."""
    flat = [Event(dict.fromkeys(PAIRS, 100.0)) for _ in range(3)]
    with backtest(tmp_path) as bot:
        run = InBacktest(bot, flat)
        bot.loop(NOON)
        opens = {"pair": ETH, "is_short": False, "leverage": 1.0, "amount": 20.0}
        run.apply(Event({}, opens={**opens, "open_rate": 100.0, "funding_fees": 0.0}), NOON)
        run.apply(Event({ETH: 80.0}, closes=ETH), NOON + SECOND)
        supervisor = bot.strategy._session.supervisor
        supervisor.of_entry(BTC, NOON, leverage=1.0)
        bot.loop(NOON + STEP)
        assert supervisor.account.facts()["equity_usd"] == pytest.approx(10_000 - 402.52)
        assert supervisor.mode is Mode.FLATTEN


def test_each_run_of_a_backtest_begins_with_a_new_account(tmp_path: Path) -> None:
    """Hyperopt runs one strategy many times over the same candles."""
    flat = [Event(dict.fromkeys(PAIRS, 100.0)) for _ in range(3)]
    with backtest(tmp_path) as bot:
        run = InBacktest(bot, flat)
        bot.loop(NOON)
        first = bot.strategy._session.supervisor
        bot.loop(NOON + STEP)
        assert bot.strategy._session.supervisor is first
        LocalTrade.reset_trades()
        run.bot.loop(NOON)
        assert bot.strategy._session.supervisor is not first
        assert bot.strategy._session.supervisor.mode is Mode.ACTIVE


def test_a_candle_that_is_missing_makes_the_account_unknown(tmp_path: Path) -> None:
    with backtest(tmp_path) as bot:
        bot.loop(NOON)
        trade = LocalTrade(**trade_fields(NOON, pair="SOL/USDT:USDT"))
        LocalTrade.add_bt_trade(trade)
        bot.loop(NOON + STEP)
        account, evaluation = bot.strategy._session.supervisor.of_entry(
            BTC, NOON + STEP, leverage=1.0
        )
        assert account.equity_usd is None
        assert not evaluation.of_pair(BTC).allows_entries
