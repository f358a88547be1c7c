"""The exchange as one object: market, clock, scenarios and counters, without any network."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plimsoll.core.errors import UsageError
from plimsoll.venue.account.ledger import Account
from plimsoll.venue.account.matching import Matching
from plimsoll.venue.clock import Clock
from plimsoll.venue.faults import Fault, Faults
from plimsoll.venue.market.base import Market, Snapshot
from plimsoll.venue.market.book import DEPTH_LIMITS, Book, order_book
from plimsoll.venue.market.scenario import Event, start_event

DEFAULT_BALANCE_USD = 10_000.0
MAX_TRANSFER_USD = 1e12


@dataclass
class Stats:
    """What was served since the start."""

    requests: int = 0
    refused: int = 0
    candles: int = 0
    events: int = 0
    by_path: dict[str, int] = field(default_factory=dict)


class Exchange:
    """One running simulated exchange with one account.

    `spread_scale` multiplies the modelled spread, `balance_usd` is what the account starts with.
    """

    def __init__(
        self,
        market: Market,
        clock: Clock,
        *,
        spread_scale: float = 1.0,
        balance_usd: float = DEFAULT_BALANCE_USD,
    ) -> None:
        self.market = market
        self.clock = clock
        self.spread_scale = spread_scale
        self.stats = Stats()
        self.faults = Faults()
        self.account = Account(balance_usd)
        self.matching = Matching(market, self.account, self._whole_book, clock.now_ms())
        self.books_sent: deque[tuple[str, Book]] = deque(maxlen=256)

    def listed(self, now_ms: int) -> list[str]:
        """Return the symbols that trade at the instant."""
        return [
            symbol for symbol in self.market.specs if self.market.first_candle_ms(symbol) <= now_ms
        ]

    def book(self, symbol: str, levels: int, now_ms: int) -> Book:
        """Return the order book at the instant."""
        return order_book(
            self.market.specs[symbol],
            self.market.snapshot(symbol, now_ms),
            levels=levels,
            seed=self.market.seed,
            spread_scale=self.spread_scale,
        )

    def _whole_book(self, symbol: str, now_ms: int) -> Book:
        return self.book(symbol, max(DEPTH_LIMITS), now_ms)

    def snapshot(self, symbol: str, now_ms: int) -> Snapshot:
        """Return prices and liquidity at the instant."""
        return self.market.snapshot(symbol, now_ms)

    def start_scenario(
        self,
        name: str,
        *,
        symbols: Iterable[str] | None = None,
        magnitude: float | None = None,
        duration_seconds: float | None = None,
    ) -> Event:
        """Start a scenario at the clock's now; raises `UsageError` for options that do not fit."""
        now_ms = self.clock.now_ms()
        event = start_event(
            name,
            now_ms=now_ms,
            symbols=symbols,
            known_symbols=self.market.specs,
            magnitude=magnitude,
            duration_seconds=duration_seconds,
        )
        self.market.overlay.add(event, self.market.specs, self.market.log_path)
        self.market.forget_from(now_ms)
        return event

    def transfer(self, amount_usd: float, *, recorded: bool = True) -> None:
        """Pay into the account, or out of it with a negative amount, at the clock's now.

        Raises `UsageError` for no amount and for more than is free.
        """
        now_ms = self.clock.now_ms()
        self.matching.advance(now_ms)
        free = self.matching.free_usd()
        if not (0 < abs(amount_usd) < MAX_TRANSFER_USD):
            raise UsageError(
                f"expected an amount other than 0 and below {MAX_TRANSFER_USD:g} USD, "
                f"found {amount_usd:g}"
            )
        if free + amount_usd < 0:
            raise UsageError(f"cannot pay out {-amount_usd:g} USD: {free:.2f} USD is free")
        self.account.transfer(amount_usd, now_ms, recorded=recorded)

    def start_fault(self, options: Mapping[str, Any]) -> Fault:
        """Start a fault at the clock's now; raises `UsageError` for options that do not fit."""
        now_ms = self.clock.now_ms()
        return self.faults.start(options, now_ms=now_ms, known_symbols=self.market.specs)
