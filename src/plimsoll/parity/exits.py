"""Why two matched trades closed at different prices or times."""

from datetime import datetime
from enum import Enum, auto

from plimsoll.parity.causes import Cause
from plimsoll.parity.record import Kind, Record
from plimsoll.parity.trade import Fill, RecordedTrade

PROMPT_SECONDS = 30.0
"""How long after a candle's open an order still counts as sent at that open."""

GUARD_PREFIX = "plimsoll_"
FORCED = frozenset({"force_exit", "force_sell"})

Given = tuple[Cause, str]
"""A cause and its evidence in words."""


class Rule(Enum):
    """What kind of rule closed a trade."""

    STOP = auto()
    TRAILING = auto()
    ROI = auto()
    SIGNAL = auto()
    GUARD = auto()
    FORCED = auto()
    EMERGENCY = auto()
    LIQUIDATION = auto()
    OWN = auto()
    NONE = auto()


_RULES = {
    "stop_loss": Rule.STOP,
    "stoploss_on_exchange": Rule.STOP,
    "trailing_stop_loss": Rule.TRAILING,
    "roi": Rule.ROI,
    "exit_signal": Rule.SIGNAL,
    "sell_signal": Rule.SIGNAL,
    "emergency_exit": Rule.EMERGENCY,
    "liquidation": Rule.LIQUIDATION,
    "": Rule.NONE,
}


def rule_of(trade: RecordedTrade) -> Rule:
    """Return what kind of rule closed a trade; a reason of the strategy's own is `Rule.OWN`."""
    reason = trade.exit_reason
    if reason.startswith(GUARD_PREFIX):
        return Rule.GUARD
    return Rule.FORCED if reason in FORCED else _RULES.get(reason, Rule.OWN)


def exit_cause(a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given:
    """Name the cause of different exits of a matched pair, with its evidence.

    `Cause.UNEXPLAINED` when nothing on record names one.
    """
    for given in (
        _by_guard(a, b, of_a, of_b),
        None if _came_later(a, b, of_a) else _forced(a, of_a, "A"),
        None if _came_later(b, a, of_a) else _forced(b, of_b, "B"),
        _still_open(a, b, of_a, of_b),
        _waiting(a, b),
    ):
        if given is not None:
            return given
    same_candle = of_a.candle_of(_end(a, of_a)) == of_a.candle_of(_end(b, of_b))
    if rule_of(a) is rule_of(b) and same_candle:
        return _same_exit(a, b, of_a, of_b)
    return _other_exit(a, b, of_a, of_b)


def waited(fill: Fill) -> float | None:
    """Return how many seconds a limit order stood before it was filled; None when not known."""
    if fill.placed_at is None or fill.order_type != "limit":
        return None
    return (fill.at - fill.placed_at).total_seconds()


def _came_later(trade: RecordedTrade, other: RecordedTrade, record: Record) -> bool:
    """Return whether the other had closed in an earlier candle: why it did is the cause then."""
    if trade.closed_at is None or other.closed_at is None:
        return False
    return record.candle_of(other.closed_at) < record.candle_of(trade.closed_at)


def _by_guard(a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given | None:
    for trade, other, record, name in ((a, b, of_a, "A"), (b, a, of_b, "B")):
        if rule_of(trade) is Rule.GUARD and not _came_later(trade, other, record):
            return Cause.GUARDS, f"closed by {trade.exit_reason} in {name}"
    return None


def _forced(trade: RecordedTrade, record: Record, name: str) -> Given | None:
    if rule_of(trade) is not Rule.FORCED:
        return None
    if record.kind is Kind.BACKTEST:
        return Cause.END_OF_RANGE, f"{name} ends and closes what is open"
    return Cause.BY_HAND, f"force_exit in {name}"


def _still_open(a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given | None:
    """Say that a record ended before the other's exit could come."""
    for trade, other, record, name in ((a, b, of_a, "A"), (b, a, of_b, "B")):
        if not trade.is_open:
            continue
        ends = record.end - record.candle
        if other.closed_at is not None and other.closed_at >= ends:
            return Cause.END_OF_RANGE, f"still open where {name} ends"
    return None


def _waiting(a: RecordedTrade, b: RecordedTrade) -> Given | None:
    for trade, name in ((a, "A"), (b, "B")):
        if rule_of(trade) is Rule.EMERGENCY:
            return Cause.PASSIVE_LIMIT, f"the exit order was not filled in {name}: emergency_exit"
        longest = max((waited(fill) or 0.0 for fill in trade.exits), default=0.0)
        if longest > PROMPT_SECONDS and rule_of(a) is rule_of(b):
            return Cause.PASSIVE_LIMIT, f"the exit order stood {longest:,.0f} s in {name}"
    return None


def _same_exit(a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given:
    """Name the cause where both closed by one rule in one candle."""
    rule = rule_of(a)
    prices = f"{a.exit_rate:.8g} in A, {b.exit_rate:.8g} in B"
    if rule is Rule.STOP or rule is Rule.TRAILING:
        moved = a.stop_moved or b.stop_moved
        levels = _levels(a, b)
        if moved and levels is not None and levels > _step(a, b):
            return Cause.INSIDE_CANDLE, (
                f"the stop stood at {a.stop_price:.8g} in A, at {b.stop_price:.8g} in B"
            )
        return Cause.STOP_PRICE, f"{a.exit_reason} in one candle: {prices}"
    if rule is Rule.ROI:
        return Cause.ROI_PRICE, f"roi in one candle: {prices}"
    if rule is Rule.LIQUIDATION:
        return Cause.UNEXPLAINED, f"liquidated in one candle: {prices}"
    if abs(a.exit_rate - b.exit_rate) < 0.999 * _step(a, b):
        return Cause.PRECISION, f"less than a step of the price: {prices}"
    late = [
        (name, seconds)
        for ended, name in ((_end(a, of_a), "A"), (_end(b, of_b), "B"))
        if (seconds := (ended - of_a.candle_of(ended)).total_seconds()) > PROMPT_SECONDS
    ]
    if rule is Rule.SIGNAL or not late:
        return Cause.BOOK, f"{a.exit_reason} in one candle: {prices}"
    return Cause.EVERY_LOOP, (
        f"{a.exit_reason} {late[0][1]:,.0f} s into the candle in {late[0][0]}: {prices}"
    )


def _other_exit(a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given:
    """Name the cause where rules or candles differ: the earlier exit tells."""
    a_first = _order_of_exits(a, of_a) <= _order_of_exits(b, of_b)
    first, later = (a, b) if a_first else (b, a)
    record, name = (of_a, "A") if a_first else (of_b, "B")
    told = (
        f"{first.exit_reason} on {_end(first, record):%Y-%m-%d %H:%M:%S} in {name}, "
        f"{later.exit_reason or 'still open'} "
        f"{'' if later.closed_at is None else f'on {later.closed_at:%Y-%m-%d %H:%M:%S} '}"
        f"in {'B' if a_first else 'A'}"
    )
    rule = rule_of(first)
    if rule is Rule.TRAILING or (rule is Rule.STOP and first.stop_moved):
        return Cause.INSIDE_CANDLE, told
    if rule is Rule.STOP and record.kind is Kind.BACKTEST:
        return Cause.STOP_PRICE, told
    if rule is Rule.ROI:
        same = rule_of(later) is Rule.ROI and record.kind is Kind.BACKTEST
        return (Cause.ROI_PRICE if same else Cause.INSIDE_CANDLE), told
    if rule is Rule.SIGNAL:
        return Cause.INDICATOR_WINDOW, told
    if rule is Rule.OWN and rule_of(later) in (Rule.OWN, Rule.NONE):
        return Cause.EVERY_LOOP, told
    if rule is Rule.OWN and record.kind is Kind.BOT:
        return Cause.EVERY_LOOP, told
    return Cause.UNEXPLAINED, told


def _order_of_exits(trade: RecordedTrade, record: Record) -> tuple[datetime, int, Kind, bool]:
    """Order exits by time, and at one moment by rule, so that A and B may be exchanged."""
    return _end(trade, record), rule_of(trade).value, record.kind, not trade.stop_moved


def _levels(a: RecordedTrade, b: RecordedTrade) -> float | None:
    if a.stop_price is None or b.stop_price is None:
        return None
    return abs(a.stop_price - b.stop_price)


def _step(a: RecordedTrade, b: RecordedTrade) -> float:
    return max(a.price_step or 0.0, b.price_step or 0.0)


def _end(trade: RecordedTrade, record: Record) -> datetime:
    """Return when a trade closed; of an open one its last exit so far, or the record's end."""
    if trade.closed_at is not None:
        return trade.closed_at
    return trade.exits[-1].at if trade.exits else record.end
