"""One recorded trade as parity compares it: amounts, average prices, fees, funding, reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite, nan
from typing import Any

from plimsoll.core.side import Side
from plimsoll.parity.errors import ParityError

TICK_SIZE = 4
"""The precision mode in which a precision is a step, as ccxt numbers it."""
AT_END = "force_exit"
"""How a backtest closes what is open at its end."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One filled order.

    ``amount`` in base units, ``price`` in the stake currency; ``placed_at`` is None where the
    record does not say when the order was sent, ``order_type`` is empty where it does not say.
    """

    is_entry: bool
    at: datetime
    amount: float
    price: float
    placed_at: datetime | None = None
    order_type: str = ""
    funding: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedTrade:
    """A trade with a position, from Freqtrade's trade export.

    Attributes
    ----------
    closed_at
        None while it is open.
    exit_amount
        Base units that were exited, of ``entry_amount`` that were entered.
    entry_rate, exit_rate
        Averages by amount in the stake currency; the latter 0 where nothing was exited.
    fee_open, fee_close
        Fractions of notional.
    funding
        In the stake currency, above 0 when received; of an open trade that of its exits so far.
        ``funding_so_far`` is all of it, of an open trade too.
    profit
        Realised, in the stake currency, as recorded.
    stop_price
        The stop as it stood last; None where the record has none. ``stop_moved`` says whether it
        had left its first level.
    amount_step, price_step
        The market's steps; None where the record does not say.
    missing
        Names of the costs that the record does not hold; they count as 0.
    """

    number: int
    pair: str
    side: Side
    opened_at: datetime
    closed_at: datetime | None
    entry_amount: float
    exit_amount: float
    entry_rate: float
    exit_rate: float
    fee_open: float
    fee_close: float
    funding: float
    funding_so_far: float
    profit: float
    stake: float
    leverage: float
    enter_tag: str
    exit_reason: str
    stop_price: float | None
    stop_moved: bool
    amount_step: float | None
    price_step: float | None
    fills: tuple[Fill, ...]
    missing: frozenset[str]

    @property
    def is_open(self) -> bool:
        """Whether it has not ended yet."""
        return self.closed_at is None

    @property
    def entries(self) -> tuple[Fill, ...]:
        """The orders that opened it or added to it."""
        return tuple(fill for fill in self.fills if fill.is_entry)

    @property
    def exits(self) -> tuple[Fill, ...]:
        """The orders that closed it, or part of it."""
        return tuple(fill for fill in self.fills if not fill.is_entry)

    def holds(self, at: datetime) -> bool:
        """Return whether it was open at a moment; at its close it is not."""
        return self.opened_at <= at and (self.closed_at is None or self.closed_at > at)


def read_trades(records: Sequence[Mapping[str, Any]]) -> tuple[RecordedTrade, ...]:
    """Read Freqtrade's trade export, a mapping a trade, by opening.

    A trade without a filled entry is left out: it has no position. Fees and funding that are
    absent (None or NaN) count as 0 and are named in `RecordedTrade.missing`.

    Raises `ParityError` for a rate, an amount or a closed trade's profit that is no finite number,
    and for a trade that closes before it opens.
    """
    read = [_trade(number, record) for number, record in enumerate(records)]
    made = [trade for trade in read if trade is not None]
    return tuple(sorted(made, key=lambda trade: (trade.opened_at, trade.pair, trade.number)))


def _trade(number: int, record: Mapping[str, Any]) -> RecordedTrade | None:
    label = f"trade {number} of {record.get('pair')}"
    opened = _moment(record.get("open_timestamp"))
    if opened is None:
        raise ParityError(f"{label} has no time of opening; export the trades again")
    closed = None if record.get("is_open") else _moment(record.get("close_timestamp"))
    if closed is not None and closed < opened and record.get("exit_reason") == AT_END:
        # With detail, a backtest may enter inside its last candle, and closes at its open.
        closed = opened
    if closed is not None and closed < opened:
        raise ParityError(f"{label} closes before it opens; the record is damaged")
    fills = _fills(record, label, opened, closed)
    entered, exited = _summed(fills, label, is_entry=True), _summed(fills, label, is_entry=False)
    if entered is None:
        return None
    missing = frozenset(
        name
        for name in ("fee_open", "fee_close", "funding_fees")
        if _optional(record, name, label) is None
    )
    first = _optional(record, "initial_stop_loss_abs", label)
    stop = _optional(record, "stop_loss_abs", label)
    recorded = "profit_abs" if closed is not None else "realized_profit"
    return RecordedTrade(
        number=number,
        pair=str(record["pair"]),
        side=Side.SHORT if bool(record.get("is_short")) else Side.LONG,
        opened_at=opened,
        closed_at=closed,
        entry_amount=entered[0],
        exit_amount=0.0 if exited is None else exited[0],
        entry_rate=entered[1],
        exit_rate=0.0 if exited is None else exited[1],
        fee_open=_optional(record, "fee_open", label) or 0.0,
        fee_close=_optional(record, "fee_close", label) or 0.0,
        funding=_funding(record, fills, label, is_open=closed is None),
        funding_so_far=_optional(record, "funding_fees", label) or 0.0,
        profit=_number(record, recorded, label)
        if closed is not None
        else _optional(record, recorded, label) or 0.0,
        stake=_optional(record, "stake_amount", label) or 0.0,
        leverage=_optional(record, "leverage", label) or 1.0,
        enter_tag=str(record.get("enter_tag") or ""),
        exit_reason=str(record.get("exit_reason") or "") if closed is not None else "",
        stop_price=stop or None,
        stop_moved=bool(first and stop and first != stop),
        amount_step=_step(record, "amount_precision", "precision_mode"),
        price_step=_step(record, "price_precision", "precision_mode_price"),
        fills=fills,
        missing=missing,
    )


def _fills(
    record: Mapping[str, Any], label: str, opened: datetime, closed: datetime | None
) -> tuple[Fill, ...]:
    orders = record.get("orders")
    made = [
        _fill(order, f"an order of {label}")
        for order in (orders if isinstance(orders, list | tuple) else ())
        if order.get("order_filled_timestamp") is not None and order.get("filled") != 0
    ]
    if made:
        return tuple(sorted(made, key=lambda fill: fill.at))
    if orders and closed is None:
        return ()
    whole = _number(record, "amount", label)
    plain = [Fill(True, opened, whole, _number(record, "open_rate", label))]  # noqa: FBT003
    if closed is not None:
        plain.append(Fill(False, closed, whole, _number(record, "close_rate", label)))  # noqa: FBT003
    return tuple(plain)


def _fill(order: Mapping[str, Any], label: str) -> Fill:
    part = "filled" if order.get("filled") is not None else "amount"
    return Fill(
        is_entry=bool(order["ft_is_entry"]),
        at=datetime.fromtimestamp(int(order["order_filled_timestamp"]) / 1000.0, tz=UTC),
        amount=_number(order, part, label) - float(order.get("ft_fee_base") or 0.0),
        price=_number(order, "safe_price", label),
        placed_at=_moment(order.get("order_timestamp")),
        order_type=str(order.get("order_type") or ""),
        funding=_optional(order, "funding_fee", label),
    )


def _summed(fills: Sequence[Fill], label: str, *, is_entry: bool) -> tuple[float, float] | None:
    """Return the amount and the average price of entries or exits; None without any."""
    of_kind = [fill for fill in fills if fill.is_entry is is_entry]
    whole = sum(fill.amount for fill in of_kind)
    if not of_kind:
        return None
    if not whole > 0.0:
        raise ParityError(f"{label} was filled with {whole:g} base units; the record is damaged")
    return whole, sum(fill.amount * fill.price for fill in of_kind) / whole


def _funding(
    record: Mapping[str, Any], fills: Sequence[Fill], label: str, *, is_open: bool
) -> float:
    """Return the funding that the recorded profit holds: of an open trade that up to its exits."""
    if not is_open:
        return _optional(record, "funding_fees", label) or 0.0
    last = max((fill.at for fill in fills if not fill.is_entry), default=None)
    if last is None:
        return 0.0
    return sum(fill.funding or 0.0 for fill in fills if fill.at <= last)


def _step(record: Mapping[str, Any], name: str, mode: str) -> float | None:
    value = _optional(record, name, "a market")
    return value if record.get(mode) == TICK_SIZE and value else None


def _number(record: Mapping[str, Any], name: str, label: str) -> float:
    value = record.get(name)
    number = float(value) if isinstance(value, int | float) else nan
    if not isfinite(number):
        raise ParityError(f"expected {name} of {label} to be a finite number, found {value}")
    return number


def _optional(record: Mapping[str, Any], name: str, label: str) -> float | None:
    """Return a number that may be absent (None or NaN); infinity is refused."""
    value = record.get(name)
    if value is None or value != value:
        return None
    return _number(record, name, label)


def _moment(milliseconds: Any) -> datetime | None:
    if milliseconds is None or milliseconds != milliseconds:
        return None
    return datetime.fromtimestamp(int(milliseconds) / 1000.0, tz=UTC)
