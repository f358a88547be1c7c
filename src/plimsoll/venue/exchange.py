"""The exchange as one object: market, clock, accounts and counters, without any network."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Self

from plimsoll.core.errors import UsageError
from plimsoll.venue.account import events as happened
from plimsoll.venue.account.eventlog import EventLog, read_events
from plimsoll.venue.account.ledger import (
    DEFAULT_INSURANCE_USD,
    MAKER_FEE,
    TAKER_FEE,
    TRADING,
    Account,
    replayed,
)
from plimsoll.venue.account.matching import Matching
from plimsoll.venue.account.orders import Order
from plimsoll.venue.account.positions import AMOUNT_DECIMALS
from plimsoll.venue.account.spot_matching import SpotMatching
from plimsoll.venue.account.spot_wallet import ASSET_STEP, SpotOrder, opened
from plimsoll.venue.clock import Clock
from plimsoll.venue.errors import ApiError
from plimsoll.venue.faults import EXPIRE_ORDER, PARTIAL_FILL, REJECT_ORDER, Fault, Faults
from plimsoll.venue.market.base import Market, Snapshot
from plimsoll.venue.market.book import DEPTH_LIMITS, Book, order_book
from plimsoll.venue.market.scenario import SCENARIOS, Event, start_event
from plimsoll.venue.market.spot_filters import QUOTE
from plimsoll.venue.market.symbols import SymbolSpec

DEFAULT_BALANCE_USD = 10_000.0
MAX_TRANSFER_USD = 1e12
SETTLING = "SETTLING"
MAX_ORDERS_SENT = 100_000


@dataclass(frozen=True)
class OrderSent:
    """A request for an order, as it came in; `speed` is the clock's then, 0 when it is stepped."""

    symbol: str
    client_id: str
    side: str
    kind: str
    received_ms: int
    speed: float


@dataclass
class Stats:
    """What was served since the start."""

    requests: int = 0
    refused: int = 0
    candles: int = 0
    events: int = 0
    by_path: dict[str, int] = field(default_factory=dict)


class Exchange:
    """One running simulated exchange with one futures account and, beside it, one spot account.

    `spread_scale` multiplies the modelled spread, `balance_usd` is what each account starts with,
    `insurance_usd` what the insurance fund does; `fees` are the maker's and the taker's as
    fractions of the notional. With `event_log`, every event of the futures account is appended to
    that file; `restore` starts from one. What `spot` holds is in no log.
    """

    def __init__(
        self,
        market: Market,
        clock: Clock,
        *,
        spread_scale: float = 1.0,
        balance_usd: float = DEFAULT_BALANCE_USD,
        insurance_usd: float = DEFAULT_INSURANCE_USD,
        event_log: Path | None = None,
        fees: tuple[float, float] = (MAKER_FEE, TAKER_FEE),
    ) -> None:
        """Open the account. Raises `UsageError` when the log holds events already."""
        self.market = market
        self.clock = clock
        self.spread_scale = spread_scale
        self.stats = Stats()
        self.faults = Faults()
        self.books_sent: deque[tuple[str, Book]] = deque(maxlen=256)
        self.orders_sent: deque[OrderSent] = deque(maxlen=MAX_ORDERS_SENT)
        self.countdowns: dict[str, int] = {}
        self.countdown_cancels_conditional = False
        self.fees = fees
        self._take_over(Account(balance_usd, insurance_usd=insurance_usd), clock.now_ms())
        self.spot = SpotMatching(market, opened(balance_usd), self._whole_book, clock.now_ms())
        if event_log is not None:
            self._write_to(event_log)
        self.account.record(
            happened.AccountOpened,
            clock.now_ms(),
            balance_usd=balance_usd,
            insurance_usd=insurance_usd,
        )

    def _take_over(self, account: Account, now_ms: int) -> None:
        self.account = account
        account.maker_fee, account.taker_fee = self.fees
        self.matching = Matching(self.market, account, self._whole_book, now_ms)

    def _write_to(self, path: Path) -> None:
        log = EventLog(path)
        if log.path.stat().st_size and self.account.sequence == 0:
            raise UsageError(
                f"the event log {path} holds an account already; restore from it, or name another"
            )
        self.account.on_action(lambda events: log.append(*events))

    @classmethod
    def restore(
        cls,
        market: Market,
        clock: Clock,
        log: Path,
        *,
        spread_scale: float = 1.0,
        event_log: Path | None = None,
        fees: tuple[float, float] = (MAKER_FEE, TAKER_FEE),
    ) -> Self:
        """Return the exchange that a log leaves behind; what happens on goes to `event_log`.

        `event_log` may be the same file. The path since the last event is walked again, which
        changes nothing that the log tells. Raises `UsageError` for a log that is none and for a
        clock that stands before its last event.
        """
        recorded = read_events(log)
        account = replayed(recorded)
        if clock.now_ms() < account.updated_ms:
            raise UsageError(
                f"the clock stands {account.updated_ms - clock.now_ms()} ms before the last event "
                f"of {log}; start no earlier than {account.updated_ms} ms"
            )
        exchange = cls(market, clock, spread_scale=spread_scale, fees=fees)
        exchange._take_over(account, account.updated_ms)
        for event in recorded:
            if isinstance(event, happened.ScenarioStarted):
                exchange._begin(_scenario_of(event))
        if event_log is not None:
            if event_log.resolve() != log.resolve():
                _copy_events(recorded, event_log)
            exchange._write_to(event_log)
        return exchange

    def advance(self, now_ms: int) -> None:
        """Let both accounts follow the market up to an instant; ended countdowns cancel orders."""
        self.spot.advance(now_ms)
        while due := [symbol for symbol, end in self.countdowns.items() if end <= now_ms]:
            symbol = min(due, key=lambda one: (self.countdowns[one], one))
            at_ms = self.countdowns.pop(symbol)
            self.matching.advance(at_ms)
            for order in self.matching.open_orders(symbol):
                if self.countdown_cancels_conditional or not order.is_conditional:
                    self.matching.cancel(order, at_ms)
        self.matching.advance(now_ms)

    def listed(self, now_ms: int) -> list[str]:
        """Return the symbols that trade at the instant."""
        return [
            symbol for symbol in self.market.specs if self.market.first_candle_ms(symbol) <= now_ms
        ]

    def book(self, symbol: str, levels: int, now_ms: int) -> Book:
        """Return the order book at the instant."""
        return order_book(
            self.spec(symbol),
            self.market.snapshot(symbol, now_ms),
            levels=levels,
            seed=self.market.seed,
            spread_scale=self.spread_scale,
        )

    def note_order(self, *, symbol: str, client_id: str, side: str, kind: str, now_ms: int) -> None:
        """Keep when an order was asked for, whatever becomes of it."""
        sent = OrderSent(symbol, client_id, side, kind, now_ms, self.clock.speed)
        self.orders_sent.append(sent)

    def place(self, order: Order, *asked: tuple[str, str], now_ms: int) -> Order:
        """Carry out an order under the active faults; `asked` are the names that it goes by.

        Raises `ApiError` where the exchange, or a fault, refuses.
        """
        closes = order.reduce_only or order.close_position
        share = self._share(order.symbol, asked, now_ms, closes=closes)
        if share is None:
            return self.matching.expire(order, now_ms)
        return self.matching.submit(order, now_ms, share)

    def place_spot(self, order: SpotOrder, *asked: tuple[str, str], now_ms: int) -> SpotOrder:
        """Carry out a spot order as `place` does; one that sells closes."""
        share = self._share(order.symbol, asked, now_ms, closes=not order.buys)
        if share is None:
            return self.spot.expire(order, now_ms)
        return self.spot.submit(order, now_ms, share)

    def _share(
        self, symbol: str, asked: Sequence[tuple[str, str]], now_ms: int, *, closes: bool
    ) -> float | None:
        """Return how much of an order the book has, `None` for one that a fault lets expire."""
        met = (asked, symbol, now_ms)
        rejecting = self.faults.hit_order(REJECT_ORDER, *met, closes=closes)
        if rejecting is not None:
            raise ApiError(*rejecting.rejection)
        if self.faults.hit_order(EXPIRE_ORDER, *met, closes=closes) is not None:
            return None
        thin = self.faults.hit_order(PARTIAL_FILL, *met, closes=closes)
        return 1.0 if thin is None else thin.filled_fraction

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
        self.advance(now_ms)
        event = start_event(
            name,
            now_ms=now_ms,
            symbols=symbols,
            known_symbols=self.market.specs,
            magnitude=magnitude,
            duration_seconds=duration_seconds,
        )
        self._begin(event)
        self.account.record(
            happened.ScenarioStarted,
            now_ms,
            name=name,
            symbols=None if event.symbols is None else tuple(sorted(event.symbols)),
            magnitude=event.magnitude,
            duration_ms=event.duration_ms,
        )
        return event

    def _begin(self, event: Event) -> None:
        self.market.overlay.add(event, self.market.specs, self.market.log_path)
        self.market.forget_from(event.start_ms)

    def spec(self, symbol: str) -> SymbolSpec:
        """Return the contract with the filters that are in force."""
        return _filtered(self.market.specs[symbol], self.account.filters.get(symbol))

    def printed_spec(self, symbol: str) -> SymbolSpec:
        """Return the contract with decimals for all that it ever traded at.

        Positions and fills of a finer step outlive a coarser one.
        """
        own = self.market.specs[symbol]
        tick_size, step_size = self.account.finest.get(symbol, (own.tick_size, own.step_size))
        return replace(
            own,
            tick_size=min(own.tick_size, tick_size),
            step_size=min(own.step_size, step_size),
        )

    def status(self, symbol: str) -> str:
        """Return the contract's status: TRADING, or SETTLING once it was delisted."""
        return self.account.status(symbol)

    def change_filters(
        self,
        symbol: str,
        *,
        tick_size: float | None = None,
        step_size: float | None = None,
        min_notional_usd: float | None = None,
    ) -> SymbolSpec:
        """Change a contract's filters from the clock's now on; None leaves one as it is.

        Resting orders stay as they are, as on Binance, and the market keeps printing at the tick
        that it had. Raises `UsageError` for an unknown contract, for a number
        not above 0, and for a step finer than amounts are kept.
        """
        self._check_symbol(symbol)
        spec = self.spec(symbol)
        values = {
            "tick_size": spec.tick_size if tick_size is None else tick_size,
            "step_size": spec.step_size if step_size is None else step_size,
            "min_notional_usd": (
                spec.min_notional_usd if min_notional_usd is None else min_notional_usd
            ),
        }
        for name, value in values.items():
            if not 0 < value < MAX_TRANSFER_USD:
                raise UsageError(f"expected a {name} above 0, found {value:g}")
        least = 10.0**-AMOUNT_DECIMALS
        if values["step_size"] < least:
            raise UsageError(
                f"expected a step_size of at least {least:g}, found {values['step_size']:g}"
            )
        self.advance(self.clock.now_ms())
        self.account.record(happened.FiltersChanged, self.clock.now_ms(), symbol=symbol, **values)
        return self.spec(symbol)

    def delist(self, symbol: str) -> None:
        """End a contract's trading now: orders expire, positions are settled at the mark price.

        Raises `UsageError` for an unknown contract and for one that was delisted before.
        """
        self._check_symbol(symbol)
        if self.status(symbol) != TRADING:
            raise UsageError(f"{symbol} is {self.status(symbol)} already")
        now_ms = self.clock.now_ms()
        self.advance(now_ms)
        self.matching.settle(symbol, SETTLING, now_ms)
        self.spot.close(symbol, now_ms)

    def _check_symbol(self, symbol: str) -> None:
        if symbol not in self.market.specs:
            served = ", ".join(sorted(self.market.specs))
            raise UsageError(f"unknown symbol {symbol}; served are {served}")

    def transfer(self, amount_usd: float, *, recorded: bool = True) -> None:
        """Pay into the account, or out of it with a negative amount, at the clock's now.

        Raises `UsageError` for no amount and for more than is free.
        """
        now_ms = self.clock.now_ms()
        self.advance(now_ms)
        free = self.matching.free_usd()
        if not (0 < abs(amount_usd) < MAX_TRANSFER_USD):
            raise UsageError(
                f"expected an amount other than 0 and below {MAX_TRANSFER_USD:g} USD, "
                f"found {amount_usd:g}"
            )
        if free + amount_usd < 0:
            raise UsageError(f"cannot pay out {-amount_usd:g} USD: {free:.2f} USD is free")
        self.account.transfer(amount_usd, now_ms, recorded=recorded)

    def transfer_coins(self, asset: str, amount: float) -> Decimal:
        """Move coins or USDT into the spot account, or out of it with a negative amount.

        No order does it, as with a conversion or a withdrawal. Returns what is there then; raises
        `UsageError` for an asset that is not served, no amount, and for more than is free.
        """
        now_ms = self.clock.now_ms()
        self.advance(now_ms)
        served = {QUOTE, *(spec.base for spec in self.market.specs.values())}
        if asset not in served:
            raise UsageError(f"unknown asset {asset}; served are {', '.join(sorted(served))}")
        if not (0 < abs(amount) < MAX_TRANSFER_USD):
            raise UsageError(
                f"expected an amount other than 0 and below {MAX_TRANSFER_USD:g}, found {amount:g}"
            )
        balance, moved = self.spot.wallet.of(asset), Decimal(repr(amount)).quantize(ASSET_STEP)
        if balance.free + moved < 0:
            raise UsageError(f"cannot pay out {-moved} {asset}: {balance.free} is free")
        balance.free += moved
        self.spot.wallet.updated_ms = now_ms
        return balance.total

    def start_fault(self, options: Mapping[str, Any]) -> Fault:
        """Start a fault at the clock's now; raises `UsageError` for options that do not fit."""
        now_ms = self.clock.now_ms()
        return self.faults.start(options, now_ms=now_ms, known_symbols=self.market.specs)


def _filtered(spec: SymbolSpec, filters: tuple[float, float, float] | None) -> SymbolSpec:
    if filters is None:
        return spec
    tick_size, step_size, min_notional_usd = filters
    return replace(
        spec, tick_size=tick_size, step_size=step_size, min_notional_usd=min_notional_usd
    )


def _scenario_of(event: happened.ScenarioStarted) -> Event:
    symbols = None if event.symbols is None else frozenset(event.symbols)
    scenario = SCENARIOS[event.name]
    return Event(scenario, event.time_ms, event.duration_ms, event.magnitude, symbols)


def _copy_events(events: Iterable[happened.Event], path: Path) -> None:
    """Write the events to a log that holds none yet; raises `UsageError` when it does."""
    log = EventLog(path)
    if path.stat().st_size:
        raise UsageError(f"the event log {path} holds an account already; name another")
    for event in events:
        log.append(event)
    log.close()
