"""Faults: failures that a user starts between a running market and its clients.

A scenario changes the market; a fault changes only what clients see of it. Candles, matching and
the account are never affected, except that a refused request or order is not carried out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from plimsoll.core.errors import UsageError
from plimsoll.venue.market.factors import stream

HTTP_ERROR, NO_ANSWER = "http-error", "no-answer"
REJECT_ORDER, EXPIRE_ORDER, PARTIAL_FILL = "reject-order", "expire-order", "partial-fill"
STALE_CANDLES, STALE_BOOK = "stale-candles", "stale-book"
WRONG_CANDLES = "wrong-candles"
WRONG_TICK, DROPPED_SOCKETS, CLOCK_SKEW = "wrong-tick", "dropped-sockets", "clock-skew"
SILENT_STREAMS, LATE_STREAMS = "silent-streams", "late-streams"
MISSING_POSITIONS, HEDGE_MODE, CROSS_MARGIN = "missing-positions", "hedge-mode", "cross-margin"
RATE_LIMITS = (418, 429)
DEFAULT_RETRY_AFTER_SECONDS = 60
REJECTIONS = {
    -2022: "ReduceOnly Order is rejected.",
    -1111: "Precision is over the maximum defined for this asset.",
    -2019: "Margin is insufficient.",
    -4131: "The counterparty's best price does not meet the PERCENT_PRICE filter limit.",
    -4164: "Order's notional must be no smaller than 100 (unless you choose reduce only).",
    -5022: "Due to the order could not be executed as maker, the Post Only order is rejected.",
}
"""What Binance says with a code when it rejects an order; the first is the usual one."""


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault and the options it takes besides duration and seed."""

    name: str
    description: str
    takes: tuple[str, ...]


FAULTS: dict[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind(
            HTTP_ERROR,
            "refuse requests with an HTTP status (500, 503, 429, 418…) and do nothing else",
            ("paths", "symbols", "share", "count", "status", "code", "retry_after_seconds"),
        ),
        FaultKind(
            NO_ANSWER,
            "hold requests, then drop the connection; with after_acceptance they are carried "
            "out first, so that an order exists that no client knows of",
            ("paths", "symbols", "share", "count", "after_acceptance", "hold_seconds"),
        ),
        FaultKind(
            REJECT_ORDER,
            "reject orders with a code of the exchange's (-2022, -4131, -1111…); with reduce_only "
            "only those that close",
            ("paths", "symbols", "share", "count", "code", "reduce_only"),
        ),
        FaultKind(
            EXPIRE_ORDER,
            "accept orders and let them expire with nothing filled; with reduce_only only those "
            "that close",
            ("paths", "symbols", "share", "count", "reduce_only"),
        ),
        FaultKind(
            PARTIAL_FILL,
            "orders that take find that share of what they want; the rest of a market order "
            "expires, the rest of a limit rests; with reduce_only only those that close",
            ("paths", "symbols", "share", "count", "reduce_only", "filled_fraction"),
        ),
        FaultKind(
            STALE_CANDLES,
            "candles of every kind stand still, over HTTP and WebSocket; book and tickers go on",
            ("symbols",),
        ),
        FaultKind(
            STALE_BOOK,
            "the order book stands still, over HTTP and WebSocket; candles and tickers go on",
            ("symbols",),
        ),
        FaultKind(
            WRONG_TICK,
            "book and tickers show prices off by the magnitude; candles stay right",
            ("symbols", "share", "count", "magnitude"),
        ),
        FaultKind(
            WRONG_CANDLES,
            "the newest candles show a low and a close off by the magnitude, over HTTP and "
            "WebSocket; book and tickers stay right",
            ("symbols", "share", "count", "magnitude"),
        ),
        FaultKind(
            DROPPED_SOCKETS,
            "drop that share of the WebSocket connections and refuse reconnects; HTTP goes on",
            ("share",),
        ),
        FaultKind(
            SILENT_STREAMS,
            "candles are not sent over WebSocket while the sockets stay open; HTTP goes on",
            ("symbols",),
        ),
        FaultKind(
            LATE_STREAMS,
            "candles are sent over WebSocket so many seconds late, and those that are sent "
            "together in the wrong order; HTTP goes on",
            ("symbols", "delay_seconds"),
        ),
        FaultKind(
            CLOCK_SKEW,
            "serverTime is off by so many seconds; signed requests may be refused",
            ("skew_seconds",),
        ),
        FaultKind(
            MISSING_POSITIONS,
            "leave positions out of the account's reports; they are there all the same",
            ("symbols", "share", "count"),
        ),
        FaultKind(
            HEDGE_MODE,
            "the account says that it is in hedge mode: positions are LONG or SHORT, and an "
            "order without a position side is refused",
            (),
        ),
        FaultKind(CROSS_MARGIN, "positions are reported with cross margin", ("symbols",)),
    )
}
_ALWAYS = ("kind", "duration_seconds", "seed")
_RANGES: dict[str, tuple[float, float]] = {
    "share": (1e-6, 1.0),
    "count": (1, 1e6),
    "duration_seconds": (1.0, 90 * 86_400.0),
    "seed": (0, 2**63 - 1),
    "status": (400, 599),
    "code": (-99_999, -1),
    "retry_after_seconds": (0, 86_400),
    "hold_seconds": (0.0, 60.0),
    "magnitude": (-0.95, 5.0),
    "filled_fraction": (0.01, 0.99),
    "skew_seconds": (-86_400.0, 86_400.0),
    "delay_seconds": (0.1, 3600.0),
}
_WHOLE = frozenset({"count", "seed", "status", "code", "retry_after_seconds"})


@dataclass
class Fault:
    """A started fault. Times are epoch milliseconds of the exchange's clock.

    `symbols` None means all, and then also requests that name none; `paths` are patterns such
    as ``/fapi/v1/order`` or ``POST /fapi/*``; `share` of the requests it could touch are hit,
    drawn from the seed by their order of arrival; after `count` hits it is over. `hold_seconds`
    are real seconds, the ones that a client's timeout counts.
    """

    id: int
    kind: str
    start_ms: int
    end_ms: int | None = None
    seed: int = 0
    symbols: frozenset[str] | None = None
    paths: tuple[str, ...] = ("*",)
    share: float = 1.0
    count: int | None = None
    status: int = 503
    code: int | None = None
    retry_after_seconds: int | None = None
    after_acceptance: bool = False
    reduce_only: bool = False
    hold_seconds: float = 15.0
    magnitude: float = -0.10
    filled_fraction: float = 0.5
    skew_seconds: float = 10.0
    delay_seconds: float = 20.0
    met: int = field(default=0, compare=False)
    hits: int = field(default=0, compare=False)

    def is_active(self, now_ms: int) -> bool:
        """Whether it is under way."""
        over = self.end_ms is not None and now_ms >= self.end_ms
        return not over and (self.count is None or self.hits < self.count)

    def covers(self, symbol: str | None) -> bool:
        """Whether it touches the contract; None for a request that names no contract."""
        return self.symbols is None or symbol in self.symbols

    def matches(self, method: str, path: str) -> bool:
        """Whether one of its patterns fits; a pattern with a space covers method and path."""
        return any(
            fnmatchcase(f"{method} {path}" if " " in pattern else path, pattern)
            for pattern in self.paths
        )

    def draw_hit(self) -> bool:
        """Count one more request or message that it could touch; return whether it is hit."""
        self.met += 1
        hit = self.selects(self.met)
        self.hits += hit
        return hit

    def selects(self, number: int) -> bool:
        """Return whether the n-th of what it could touch belongs to its share."""
        return float(stream(self.seed, "fault", self.kind, number).random()) < self.share

    @property
    def refusal(self) -> tuple[int, dict[str, Any], dict[str, str]]:
        """The status, body and headers of a refused request, in Binance's shape."""
        limited = self.status in RATE_LIMITS
        code = self.code if self.code is not None else (-1003 if limited else -1000)
        text = "Too many requests." if limited else "Service unavailable: fault."
        wait = self.retry_after_seconds
        if wait is None and limited:
            wait = DEFAULT_RETRY_AFTER_SECONDS
        headers = {} if wait is None else {"Retry-After": str(wait)}
        return self.status, {"code": code, "msg": text}, headers

    @property
    def rejection(self) -> tuple[int, str]:
        """The code and text of a rejected order, as Binance words them."""
        code = next(iter(REJECTIONS)) if self.code is None else self.code
        return code, REJECTIONS.get(code, "Order is rejected: fault.")

    def record(self) -> dict[str, Any]:
        """Return it as JSON: what its kind understands, and what it has done."""
        whole = asdict(self)
        whole["symbols"] = None if self.symbols is None else sorted(self.symbols)
        kept = ("id", "kind", "start_ms", "end_ms", "seed", *FAULTS[self.kind].takes)
        return {name: whole[name] for name in (*kept, "met", "hits")}


class Faults:
    """All faults that were started on one exchange, in order."""

    def __init__(self) -> None:
        self.started: list[Fault] = []

    def start(
        self, options: Mapping[str, Any], *, now_ms: int, known_symbols: Iterable[str]
    ) -> Fault:
        """Check the options of a fault and start it now.

        Raises `UsageError` for an unknown kind, symbol or option and for a value out of range.
        """
        kind = FAULTS.get(str(options.get("kind")))
        if kind is None:
            raise UsageError(
                f'unknown fault "{options.get("kind")}"; there are {", ".join(FAULTS)}'
            )
        known = sorted(known_symbols)
        given = {name: value for name, value in options.items() if value is not None}
        values = {
            name: _checked(kind, name, value, known)
            for name, value in given.items()
            if name != "kind"
        }
        seconds = values.pop("duration_seconds", None)
        end_ms = None if seconds is None else now_ms + round(seconds * 1000)
        fault = Fault(len(self.started) + 1, kind.name, now_ms, end_ms, **values)
        self.started.append(fault)
        return fault

    def end(self, number: int | None, now_ms: int) -> list[Fault]:
        """End one fault, or all with None; return those that were under way.

        Raises `UsageError` when no fault has the number.
        """
        if number is not None and not 1 <= number <= len(self.started):
            raise UsageError(f"no fault {number}; {len(self.started)} were started")
        ended = [
            fault
            for fault in self.started
            if fault.is_active(now_ms) and number in (None, fault.id)
        ]
        for fault in ended:
            fault.end_ms = now_ms
        return ended

    def active(self, kind: str, now_ms: int) -> list[Fault]:
        """Return the faults of a kind that are under way."""
        return [fault for fault in self.started if fault.kind == kind and fault.is_active(now_ms)]

    def hit(
        self, kind: str, names: Sequence[tuple[str, str]], symbol: str | None, now_ms: int
    ) -> Fault | None:
        """Return the fault of the kind that hits this request, None when none does.

        `names` are the methods and paths that it goes by: its own, and that of the same request
        in another dialect.
        """
        for fault in self.active(kind, now_ms):
            fits = any(fault.matches(*name) for name in names)
            if fits and fault.covers(symbol) and fault.draw_hit():
                return fault
        return None

    def hit_order(
        self,
        kind: str,
        names: Sequence[tuple[str, str]],
        symbol: str,
        now_ms: int,
        *,
        closes: bool,
    ) -> Fault | None:
        """Return the fault of the kind that hits this order, None when none does."""
        for fault in self.active(kind, now_ms):
            fits = any(fault.matches(*name) for name in names) and fault.covers(symbol)
            if fits and (closes or not fault.reduce_only) and fault.draw_hit():
                return fault
        return None

    def frozen_ms(self, kind: str, symbol: str, now_ms: int) -> int | None:
        """Return the instant at which a stale kind stands still for the contract, or None."""
        stale = [fault for fault in self.active(kind, now_ms) if fault.covers(symbol)]
        for fault in stale:
            fault.hits += 1
        return min((fault.start_ms for fault in stale), default=None)

    def price_factor(self, symbol: str, now_ms: int, kind: str = WRONG_TICK) -> float:
        """Return the factor on the prices of one answer or message; it counts as one."""
        factor = 1.0
        for fault in self.active(kind, now_ms):
            if fault.covers(symbol) and fault.draw_hit():
                factor *= 1.0 + fault.magnitude
        return factor

    def drops(self, connection: int, now_ms: int) -> bool:
        """Whether the n-th WebSocket connection of this exchange is dropped now."""
        chosen = [
            fault for fault in self.active(DROPPED_SOCKETS, now_ms) if fault.selects(connection)
        ]
        for fault in chosen:
            fault.met += 1
            fault.hits += 1
        return bool(chosen)

    def late_ms(self, symbol: str, now_ms: int) -> int:
        """Return by how much the contract's candles are late over WebSocket."""
        late = [fault for fault in self.active(LATE_STREAMS, now_ms) if fault.covers(symbol)]
        for fault in late:
            fault.hits += 1
        return round(1000 * max((fault.delay_seconds for fault in late), default=0.0))

    def skew_ms(self, now_ms: int) -> int:
        """Return by how many milliseconds ``serverTime`` is off."""
        skewed = self.active(CLOCK_SKEW, now_ms)
        for fault in skewed:
            fault.hits += 1
        return round(sum(fault.skew_seconds * 1000 for fault in skewed))


def _checked(kind: FaultKind, name: str, value: object, known: list[str]) -> Any:
    """Return an option's value as a `Fault` holds it."""
    if name not in (*_ALWAYS, *kind.takes):
        takes = ", ".join((*_ALWAYS[1:], *kind.takes))
        raise UsageError(f'{kind.name} does not understand "{name}"; it takes {takes}')
    if name in _RANGES:
        return _number(name, value)
    if name in ("after_acceptance", "reduce_only"):
        if not isinstance(value, bool):
            raise UsageError(f'expected "{name}" to be true or false, found {value!r}')
        return value
    names = value if isinstance(value, list) else None
    if not names or not all(isinstance(item, str) and item for item in names):
        raise UsageError(f'expected "{name}" to be a list of names, found {value!r}')
    if name == "paths":
        return tuple(names)
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise UsageError(f"unknown symbol {', '.join(unknown)}; served are {', '.join(known)}")
    return frozenset(names)


def _number(name: str, value: object) -> float | int:
    least, most = _RANGES[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise UsageError(f'expected "{name}" between {least:g} and {most:g}, found {value!r}')
    if name not in _WHOLE:
        return float(value)
    if value != int(value):
        raise UsageError(f'expected "{name}" to be a whole number, found {value!r}')
    return int(value)
