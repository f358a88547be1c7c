"""A strategy as Freqtrade runs it: a dry-run bot on SQLite, or a backtest in memory.

The exchange is Freqtrade's own Binance class; only what it would ask over the network, the
order book, the candles and the account, is answered by what a test sets.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import PricingError
from freqtrade.exchange.binance import Binance
from freqtrade.persistence import PairLocks, Trade
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.plugins.pairlistmanager import PairListManager
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy
from freqtrade.wallets import Wallets

from plimsoll.bridge.guarding.messenger import _open as messengers
from plimsoll.bridge.strategies.guarded import GuardedStrategy
from tests.conftest import ROOT
from tests.unit.bridge.trades import backtest_trades, database_trades, trade_fields

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
FIVE = timedelta(minutes=5)
WALLET_USD = 10_000.0

PLAIN = """
from plimsoll.bridge.strategies.guarded import GuardedStrategy


class Plain(GuardedStrategy):
    timeframe = "5m"

    def features(self):
        return []

    def entry_signal(self, candles, side):
        return candles["close"] < 0
"""


@dataclass
class HandFedAccount:
    """What the exchange says of an account that trades with money, in ccxt's terms.

    ``used_usd`` is not free; the wallet has it all the same.
    """

    wallet_usd: float = WALLET_USD
    used_usd: float = 0.0
    positions: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    stops: list[dict[str, Any]] = field(default_factory=list)
    done: list[dict[str, Any]] = field(default_factory=list)
    transfers: list[dict[str, Any]] = field(default_factory=list)
    hedged: bool = False
    fails: Exception | None = None
    asked: list[str] = field(default_factory=list)

    def answer(self, what: str, value: Any) -> Any:
        """Answer a question, or fail; positions are asked for by Freqtrade's wallets as well."""
        self.asked.append(what)
        if self.fails is not None and what != "positions":
            raise self.fails
        return value

    def serve(self, api: Any) -> None:
        """Answer for a ccxt object instead of the network."""

        def open_orders(*_: Any, params: Any = None, **__: Any) -> Any:
            return self.answer("orders", self.stops if (params or {}).get("stop") else self.orders)

        api.fetch_open_orders = open_orders
        api.fetch_position_mode = lambda *_: self.answer("mode", {"hedged": self.hedged})
        api.fetch_ledger = lambda *_: self.answer("ledger", self.transfers)
        api.fetch_balance = lambda *_: self.answer("balance", {"USDT": self.balance()})

    def balance(self) -> dict[str, float]:
        """The wallet in ccxt's terms."""
        free = self.wallet_usd - self.used_usd
        return {"free": free, "used": self.used_usd, "total": self.wallet_usd}

    def hold(self, pair: str, amount: float, *, side: str = "long", price: float = 100.0) -> None:
        """Hold a position, and no other in this pair; none with amount 0."""
        self.positions = [one for one in self.positions if one["symbol"] != pair]
        if amount:
            self.positions.append(
                {
                    "symbol": pair,
                    "side": side,
                    "contracts": amount,
                    "entryPrice": price,
                    "markPrice": price,
                    "marginMode": "isolated",
                    "unrealizedPnl": 0.0,
                }
            )

    def move(self, usd: float, at: datetime, *, recorded: bool = True) -> None:
        """Pay in, or out below 0, with or without a record of it."""
        self.wallet_usd += usd
        if recorded:
            self.transfers.append(
                {
                    "id": str(len(self.transfers)),
                    "type": "transfer",
                    "direction": "in" if usd > 0 else "out",
                    "amount": abs(usd),
                    "timestamp": int(at.timestamp() * 1000),
                }
            )


class HandFed(Binance):
    """Binance whose order book and candles are what a test says, without a network."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config, validate=False)
        self.prices: dict[str, float] = {}
        self.marks: dict[str, float] = {}
        self.spread_fraction = 0.0
        self.fails: Exception | None = None
        self._markets = {
            pair: {"symbol": pair, "contractSize": 1.0, "precision": {"amount": 0.001}}
            for pair in (BTC, ETH)
        }
        self.account = HandFedAccount()
        self.account.serve(self._api)

    def additional_exchange_init(self) -> None:
        """Ask for no account settings."""

    def get_balances(self, params: dict[str, Any] | None = None) -> Any:
        return {"USDT": self.account.balance()}

    def fetch_positions(self, pair: str | None = None, params: Any = None) -> Any:
        return self.account.answer("positions", self.account.positions)

    def fetch_orders(self, pair: str, since: datetime, params: Any = None) -> Any:
        return self.account.answer(
            "done", [one for one in self.account.done if one["symbol"] == pair]
        )

    def get_conversion_rate(self, coin: str, currency: str) -> float | None:
        return 1.0 if coin == currency else self.prices.get(f"{coin}/{currency}:{currency}")

    def fetch_funding_rate(self, pair: str) -> Any:
        if self.fails is not None:
            raise self.fails
        return {"symbol": pair, "markPrice": self.marks.get(pair, self.prices.get(pair))}

    def fetch_l2_order_book(self, pair: str, limit: int = 100) -> Any:
        if self.fails is not None:
            raise self.fails
        if pair not in self.prices:
            raise PricingError(f"no book of {pair}")
        price, half = self.prices[pair], self.spread_fraction / 2
        return {"bids": [[price * (1 - half), 5.0]], "asks": [[price * (1 + half), 5.0]]}


def bot_config(folder: Path, runmode: RunMode, **others: Any) -> dict[str, Any]:
    """The config of a futures bot of two pairs."""
    return {
        "strategy": "Plain",
        "strategy_path": str(folder),
        "user_data_dir": folder,
        "runmode": runmode,
        "dry_run": True,
        "dry_run_wallet": WALLET_USD,
        "tradable_balance_ratio": 1.0,
        "stake_currency": "USDT",
        "stake_amount": 100.0,
        "max_open_trades": 4,
        "timeframe": "5m",
        "candle_type_def": CandleType.FUTURES,
        "spaces": ["default"],
        "trading_mode": "futures",
        "margin_mode": "isolated",
        "exchange": {"name": "binance", "key": "", "secret": "", "pair_whitelist": [BTC, ETH]},
        "pairs": [BTC, ETH],
        "pairlists": [{"method": "StaticPairList"}],
        "entry_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        "exit_pricing": {"price_side": "other", "use_order_book": True, "order_book_top": 1},
        **others,
    }


def candles(
    closes: list[float], *, end: datetime = NOON, timeframe: timedelta = FIVE
) -> pd.DataFrame:
    """Candles with these closes, the last of which closed at ``end``."""
    opened = [end - timeframe * (len(closes) - row) for row in range(len(closes))]
    close = pd.Series(closes, dtype="float64")
    return pd.DataFrame(
        {
            "date": pd.to_datetime(opened, utc=True),
            "open": close,
            "high": close,
            "low": close,
            "close": close,
            "volume": 1000.0,
        }
    )


@dataclass
class Bot:
    """One strategy with all that Freqtrade gives it."""

    strategy: GuardedStrategy
    exchange: HandFed
    config: dict[str, Any]

    def price(self, pair: str, price: float, *, now: datetime = NOON) -> None:
        """Let a pair's book and newest candle be at a price."""
        self.exchange.prices[pair] = price
        key = (pair, "5m", CandleType.FUTURES)
        self.exchange._klines[key] = candles([price] * 30, end=now)

    def loop(self, now: datetime) -> None:
        """Do what Freqtrade does at the beginning of a loop."""
        self.strategy.bot_loop_start(current_time=now)

    def said(self) -> list[str]:
        """What the people were told, oldest first."""
        return list(self.strategy._session.messenger.recent)


def build(folder: Path, runmode: RunMode, source: str = PLAIN, **others: Any) -> Bot:
    """Load a strategy from its file, as Freqtrade does, with exchange, wallets and pairs."""
    config = bot_config(folder, runmode, **others)
    name = config["strategy"]
    if not (ROOT / "user_data/strategies" / f"{name}.py").exists():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    else:
        config["strategy_path"] = str(ROOT / "user_data/strategies")
    exchange = HandFed(config)
    strategy: IStrategy = StrategyResolver.load_strategy(config)
    pairs = PairListManager(exchange, config)
    strategy.dp = DataProvider(config, exchange, pairs)
    in_memory = runmode in (RunMode.BACKTEST, RunMode.HYPEROPT)
    strategy.wallets = Wallets(config, exchange, is_backtest=in_memory)
    return Bot(strategy, exchange, config)


@contextmanager
def running_bot(
    folder: Path, source: str = PLAIN, *, runmode: RunMode = RunMode.DRY_RUN, **others: Any
) -> Iterator[Bot]:
    """Start a bot on a database in ``folder``; a second call restarts it."""
    with database_trades(folder / "bot.sqlite"):
        enable_database_use()
        PairLocks.timeframe = "5m"
        try:
            bot = build(folder, runmode, source, **others)
            for pair in (BTC, ETH):
                bot.price(pair, 100.0)
            for messenger in messengers.values():
                messenger.recent.clear()  # another process would not have heard them
            bot.strategy.ft_bot_start()
            yield bot
        finally:
            enable_database_use()


@contextmanager
def backtest(
    folder: Path, source: str = PLAIN, *, runmode: RunMode = RunMode.BACKTEST, **others: Any
) -> Iterator[Bot]:
    """Begin a backtest of nothing: trades and candles are the test's."""
    with backtest_trades():
        PairLocks.reset_locks()
        bot = build(folder, runmode, source, **others)
        bot.strategy.ft_bot_start()
        yield bot


def open_trade(opened: datetime, **others: Any) -> Trade:
    """Put an open trade of 10 coins at 100 USDT in the database."""
    fields = {"trading_mode": "futures", "stop_loss": 0.0, **others}
    trade = Trade(**trade_fields(opened.replace(tzinfo=None), **fields))
    Trade.session.add(trade)
    Trade.commit()
    return trade


def entry(strategy: GuardedStrategy, now: datetime, **others: Any) -> bool:
    """Ask for a stake and, with it, whether the order may be sent."""
    arguments: Mapping[str, Any] = {
        "pair": BTC,
        "current_time": now,
        "entry_tag": None,
        "side": "long",
        **others,
    }
    rate = arguments.get("rate", 100.0)
    asked = {name: value for name, value in arguments.items() if name != "rate"}
    stake = strategy.custom_stake_amount(
        current_rate=rate,
        proposed_stake=100.0,
        min_stake=5.0,
        max_stake=1000.0,
        leverage=1.0,
        **asked,
    )
    return stake > 0 and strategy.confirm_trade_entry(
        order_type="market",
        amount=stake / rate,
        rate=rate,
        time_in_force="GTC",
        **asked,
    )
