"""What the guards add to each loop of a running bot, measured in the bot's own parts.

The strategy, the data provider, the wallets, the session with its decision log and status on
disk, and the SQLite file with its trades, orders and locks are those of a dry-run. Freqtrade's
Binance class answers order books and balances from memory: what a request over the network
costs is measured apart, against the simulated exchange.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from freqtrade.enums import CandleType, RunMode
from freqtrade.persistence import Order, PairLocks, Trade
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.strategies.guarded import GuardedStrategy
from plimsoll.core import PlimsollError
from tests.unit.bridge.bots import HandFed, build
from tests.unit.bridge.trades import database_trades, trade_fields
from tests.unit.venue.serving import venue

STRATEGIES = Path(__file__).parent / "strategies"
START = datetime(2026, 11, 19, 12, tzinfo=UTC)
CANDLE, LOOP = timedelta(minutes=5), timedelta(seconds=5)
CANDLES = 600
STAKE_USD = 100.0
# Every guard is asked and sees to the end; the last but two, the spread, denies.
PROFILE = {
    "max_open_positions": 100,
    "max_trades_per_day": 10_000,
    "max_correlation": 0.99,
    "max_portfolio_heat_fraction": 0.2,
    "break_even_trades": 50,
    "max_consecutive_losses": 20,
    "cooldown_seconds": 300,
}
WIDE_SPREAD, NARROW_SPREAD = 0.05, 0.0001


@dataclass
class Scene:
    """A dry-run bot between two loops."""

    strategy: GuardedStrategy
    exchange: HandFed
    asked: list[str]
    held: list[str]
    now: datetime = START
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(7))

    @property
    def pairs(self) -> list[str]:
        """Return the whitelist."""
        return [*self.asked, *self.held]

    def next_loop(self) -> None:
        """Let the seconds between two loops pass."""
        self.now += LOOP

    def next_candle(self) -> None:
        """Let a candle of every pair close, of which the bot hears in its next loop."""
        self.now = self.now.replace(minute=self.now.minute // 5 * 5, second=0) + CANDLE + LOOP
        for pair in self.pairs:
            key = pair, "5m", CandleType.FUTURES
            frame = self.exchange._klines[key]
            steps = self.random.normal(0, 0.001, 1)
            news = _candles(float(frame["close"].iloc[-1]), steps, frame["date"].iloc[-1] + CANDLE)
            self.exchange._klines[key] = pd.concat([frame, news], ignore_index=True)
            self.exchange.prices[pair] = float(news["close"].iloc[-1])

    def begin_loop(self) -> None:
        """Call what Freqtrade calls at the beginning of a loop."""
        self.strategy.bot_loop_start(current_time=self.now)

    def analyse(self) -> None:
        """Let Freqtrade analyse the candles; it does so only once for each."""
        self.strategy.analyze(self.pairs)

    def ask(self, pair: str) -> bool:
        """Ask for an entry as Freqtrade does; return whether it would send the order."""
        strategy, price = self.strategy, self.exchange.prices[pair]
        common: dict[str, Any] = {
            "pair": pair,
            "current_time": self.now,
            "entry_tag": "every",
            "side": "long",
        }
        leverage = strategy.leverage(
            current_rate=price, proposed_leverage=1.0, max_leverage=20.0, **common
        )
        stake = strategy.custom_stake_amount(
            current_rate=price,
            proposed_stake=STAKE_USD,
            min_stake=5.0,
            max_stake=10_000.0,
            leverage=leverage,
            **common,
        )
        return stake > 0 and strategy.confirm_trade_entry(
            order_type="market",
            amount=stake * leverage / price,
            rate=price,
            time_in_force="GTC",
            **common,
        )


@contextmanager
def busy_bot(
    folder: Path, *, asked: int, held: int, closed: int, url: str | None = None
) -> Iterator[Scene]:
    """Start a dry-run bot on a database with so many trades; yield it after two loops.

    The database is a file in ``folder``, or an empty one at ``url``.
    """
    pairs = [f"COIN{number}/USDT:USDT" for number in range(asked + held)]
    scenes = pairs[:asked], pairs[asked:]
    with database_trades(folder / "bot.sqlite", url):
        enable_database_use()
        PairLocks.timeframe = "5m"
        bot = build(
            folder,
            RunMode.DRY_RUN,
            (STRATEGIES / "EverySignal.py").read_text(encoding="utf-8"),
            strategy="EverySignal",
            dry_run_wallet=100_000.0,
            max_open_trades=asked + held,
            plimsoll={"risk": PROFILE},
            exchange={"name": "binance", "key": "", "secret": "", "pair_whitelist": pairs},
        )
        scene = Scene(bot.strategy, bot.exchange, *scenes)
        for pair in pairs:
            steps = scene.random.normal(0, 0.001, CANDLES)
            frame = _candles(100.0, steps, pd.Timestamp(START - CANDLES * CANDLE))
            bot.exchange._klines[pair, "5m", CandleType.FUTURES] = frame
            bot.exchange.prices[pair] = float(frame["close"].iloc[-1])
        _fill(pairs, held=scene.held, closed=closed, prices=bot.exchange.prices)
        bot.strategy.wallets.update()
        bot.strategy.ft_bot_start()
        try:
            for _ in range(2):
                scene.next_loop()
                scene.begin_loop()
                scene.analyse()
            yield scene
        finally:
            enable_database_use()


def run(*, asked: int = 80, held: int = 20, closed: int = 5000) -> dict[str, float]:
    """Return milliseconds of the processor for an asked entry and for whole loops."""
    logging.disable(logging.CRITICAL)
    with TemporaryDirectory(prefix="plimsoll-bench-") as name:
        try:
            with busy_bot(Path(name), asked=asked, held=held, closed=closed) as scene:
                figures = _figures(scene)
            return figures | {"bot_order_book_over_http_ms": _order_book_ms()}
        finally:
            logging.disable(logging.NOTSET)


def _order_book_ms(*, requests: int = 200) -> float:
    """Return the median wall-clock time of one order book over HTTP."""
    with venue("--symbols", "BTCUSDT", "--start", "2025-06-30T00:00:00Z") as line:
        connection, taken = HTTPConnection("127.0.0.1", line["port"], timeout=30), []
        for _ in range(requests):
            begun = time.perf_counter()
            connection.request("GET", "/fapi/v1/depth?symbol=BTCUSDT&limit=20")
            connection.getresponse().read()
            taken.append((time.perf_counter() - begun) * 1000)
        connection.close()
    return median(taken)


def _figures(scene: Scene, *, loops: int = 7) -> dict[str, float]:
    beginnings, entries, wholes, with_news = [], [], [], []
    for number in range(2 * loops):
        news = number % 2 == 0
        (scene.next_candle if news else scene.next_loop)()
        scene.exchange.spread_fraction = WIDE_SPREAD
        began = milliseconds(scene.begin_loop)
        scene.analyse()
        asked = [milliseconds(lambda pair=pair: _denied(scene, pair)) for pair in scene.asked]
        (with_news if news else wholes).append(began + sum(asked))
        beginnings.append(began)
        entries += asked
    scene.exchange.spread_fraction = NARROW_SPREAD
    allowed = [milliseconds(lambda pair=pair: _allowed(scene, pair)) for pair in scene.asked[:5]]
    return {
        "bot_asked_entry_ms": median(entries),
        "bot_asked_entry_worst_ms": max(entries),
        "bot_allowed_entry_ms": median(allowed),
        "bot_loop_beginning_ms": median(beginnings),
        "bot_loop_ms": median(wholes),
        "bot_loop_of_a_new_candle_ms": median(with_news),
    }


def milliseconds(work: Callable[[], object]) -> float:
    """Return what one call takes of the processor."""
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1000


def _denied(scene: Scene, pair: str) -> None:
    if scene.ask(pair):
        raise PlimsollError(f"expected the spread of {pair} to deny its entry")


def _allowed(scene: Scene, pair: str) -> None:
    if not scene.ask(pair):
        raise PlimsollError(f"expected an entry of {pair} to be allowed")


def _candles(price: float, steps: np.ndarray, first: pd.Timestamp) -> pd.DataFrame:
    close = price * np.exp(np.cumsum(steps))
    opened = np.concatenate([[price], close[:-1]])
    return pd.DataFrame(
        {
            "date": pd.date_range(first, periods=len(close), freq="5min"),
            "open": opened,
            "high": np.maximum(opened, close) * 1.0005,
            "low": np.minimum(opened, close) * 0.9995,
            "close": close,
            "volume": 1000.0,
        }
    )


def _fill(pairs: list[str], *, held: list[str], closed: int, prices: dict[str, float]) -> None:
    """Put closed trades and open ones in the database, each with the orders that made it."""
    for number in range(closed):
        at = START.replace(tzinfo=None) - timedelta(minutes=30) * (closed - number)
        profit = 3.0 if number % 2 else -1.0
        _add(
            pairs[number % len(pairs)],
            at - timedelta(minutes=40),
            100.0,
            is_open=False,
            close_date=at,
            close_rate=100.0 + profit,
            close_profit=profit / 100,
            close_profit_abs=profit,
        )
    for number, pair in enumerate(held):
        opened = START.replace(tzinfo=None) - timedelta(hours=number + 1)
        _add(pair, opened, prices[pair], stop_loss=prices[pair] * 0.97, is_open=True)
    Trade.commit()
    Trade.session.remove()  # the bot begins with a session that has seen nothing


def _add(pair: str, opened: datetime, price: float, **others: Any) -> None:
    amount = STAKE_USD / price
    trade = Trade(
        **trade_fields(
            opened,
            pair=pair,
            open_rate=price,
            amount=amount,
            stake_amount=STAKE_USD,
            trading_mode="futures",
            **others,
        )
    )
    sides = ["buy"] if trade.is_open else ["buy", "sell"]
    for side in sides:
        trade.orders.append(
            Order(
                ft_order_side=side,
                ft_pair=pair,
                ft_is_open=False,
                ft_amount=amount,
                ft_price=price,
                order_id=f"{pair}-{opened:%s}-{side}",
                status="closed",
                symbol=pair,
                order_type="market",
                side=side,
                price=price,
                average=price,
                amount=amount,
                filled=amount,
                remaining=0.0,
                cost=STAKE_USD,
                order_date=opened,
                order_filled_date=opened,
                funding_fee=0.0,
            )
        )
    Trade.session.add(trade)
