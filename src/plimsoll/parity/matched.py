"""The pieces of a matched pair: its difference, split exactly, each part with a cause."""

from collections.abc import Iterator
from datetime import datetime

from plimsoll.parity.causes import Cause
from plimsoll.parity.exits import PROMPT_SECONDS, Given, Rule, exit_cause, rule_of, waited
from plimsoll.parity.money import units
from plimsoll.parity.prices import outside_of_candle
from plimsoll.parity.record import Record
from plimsoll.parity.split import Part, split
from plimsoll.parity.trade import RecordedTrade

Named = tuple[Part, int, Cause, str]
"""What was substituted, units, the cause and its evidence."""

STAKE_TOLERANCE = 1e-6
"""Relative difference of stakes that is rounding."""


def matched_pieces(
    a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record
) -> Iterator[Named]:
    """Yield what B's trade made beyond A's, in parts that add up to it exactly.

    Where only one of the two has realised anything, the difference is one whole part.
    """
    if not (a.exit_amount and b.exit_amount) or a.is_open != b.is_open:
        difference = units(b.profit) - units(a.profit)
        if difference:
            yield Part.WHOLE, difference, *exit_cause(a, b, of_a, of_b)
        return
    orders = _other_orders(a, b)
    for part, change in split(a, b).items():
        if change:
            given = _data(a, b, of_a, of_b, part) or (
                orders
                if orders is not None and part in _BY_ORDERS
                else _cause(part, a, b, of_a, of_b)
            )
            yield part, change, *given


_BY_ORDERS = (Part.PRICED_SIZE, Part.SIZE, Part.ENTRY, Part.EXIT)


def _cause(part: Part, a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given:
    match part:
        case Part.PRICED_SIZE | Part.ENTRY:
            return entry_cause(a, b, of_a, of_b)
        case Part.SIZE:
            return _size_cause(a, b, of_a, of_b)
        case Part.EXIT:
            return exit_cause(a, b, of_a, of_b)
        case Part.FEES:
            return Cause.FEES, _fees_words(a, b)
        case Part.FUNDING:
            return Cause.FUNDING, _funding_words(a, b)
        case _:
            return Cause.UNEXPLAINED, "the recorded profit is not what its own orders add up to"


def entry_cause(a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given:
    """Name the cause of different entry prices of a matched pair, with its evidence."""
    prices = f"{a.entry_rate:.8g} in A, {b.entry_rate:.8g} in B"
    step = max(a.price_step or 0.0, b.price_step or 0.0)
    if abs(a.entry_rate - b.entry_rate) < 0.999 * step:
        return Cause.PRECISION, f"less than a step of the price: {prices}"
    for trade, name in ((a, "A"), (b, "B")):
        stood = waited(trade.entries[0])
        if stood is not None and stood > PROMPT_SECONDS:
            return Cause.PASSIVE_LIMIT, f"the entry order stood {stood:,.0f} s in {name}: {prices}"
    first, second = of_a.candle_of(a.opened_at), of_a.candle_of(b.opened_at)
    late = {
        name: seconds
        for trade, name in ((a, "A"), (b, "B"))
        if (seconds := _into_candle(trade.opened_at, of_a)) > PROMPT_SECONDS
    }
    if first == second:
        if late:
            name, seconds = max(late.items(), key=lambda item: item[1])
            return Cause.LATE_ENTRY, f"{seconds:,.0f} s after the open in {name}: {prices}"
        return Cause.BOOK, f"within {PROMPT_SECONDS:.0f} s of the open of one candle: {prices}"
    if not late:
        return Cause.INDICATOR_WINDOW, (
            f"entered on {first:%Y-%m-%d %H:%M} in A, on {second:%Y-%m-%d %H:%M} in B"
        )
    name, seconds = max(late.items(), key=lambda item: item[1])
    return Cause.LATE_ENTRY, (
        f"{seconds:,.0f} s into a candle in {name}, a neighbour of the other's: {prices}"
    )


def _size_cause(a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given:
    """Name the cause of a size that the price does not explain."""
    for record, trade, name in ((of_a, a, "A"), (of_b, b, "B")):
        for one in record.denied:
            near = abs((one.at - trade.opened_at).total_seconds())
            if one.is_of(trade) and near <= record.candle.total_seconds():
                return Cause.GUARDS, f"{one.rule} cut or denied in {name} at {one.at:%H:%M:%S}"
    priced = a.exit_amount * a.entry_rate / b.entry_rate
    step = max(a.amount_step or 0.0, b.amount_step or 0.0)
    if abs(priced - b.exit_amount) <= max(step, STAKE_TOLERANCE * b.exit_amount):
        return Cause.PRECISION, f"within a step of the amount: {b.exit_amount:.8g} in B"
    if abs(a.leverage - b.leverage) > STAKE_TOLERANCE:
        return Cause.STAKE, f"leverage {a.leverage:g} in A, {b.leverage:g} in B"
    if abs(a.stake - b.stake) > STAKE_TOLERANCE * max(a.stake, b.stake):
        return Cause.STAKE, f"stake {a.stake:,.2f} in A, {b.stake:,.2f} in B"
    return Cause.UNEXPLAINED, f"{a.exit_amount:.8g} in A, {b.exit_amount:.8g} in B"


def _other_orders(a: RecordedTrade, b: RecordedTrade) -> Given | None:
    """Say that the strategy sent another number of orders, or added at other prices."""
    if rule_of(a) is Rule.GUARD or rule_of(b) is Rule.GUARD:
        return None
    ours, theirs = (len(a.entries), len(a.exits)), (len(b.entries), len(b.exits))
    if ours == theirs:
        return _other_addition(a, b)
    return Cause.EVERY_LOOP, (
        f"{ours[0]} entries and {ours[1]} exits in A, {theirs[0]} and {theirs[1]} in B"
    )


def _other_addition(a: RecordedTrade, b: RecordedTrade) -> Given | None:
    """Name the first addition that differs by a step or more, where the first entries do not."""
    step = max(a.price_step or 0.0, b.price_step or 0.0)
    apart = [
        abs(one.price - other.price) > 0.999 * step if step else one.price != other.price
        for one, other in zip(a.entries, b.entries, strict=True)
    ]
    if not any(apart) or apart[0]:
        return None
    one, other = (trade.entries[apart.index(True)] for trade in (a, b))
    return Cause.EVERY_LOOP, (
        f"added at {one.at:%Y-%m-%d %H:%M:%S} for {one.price:.8g} in A, "
        f"at {other.at:%Y-%m-%d %H:%M:%S} for {other.price:.8g} in B"
    )


def _data(
    a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record, part: Part
) -> Given | None:
    if part not in (Part.PRICED_SIZE, Part.ENTRY, Part.EXIT):
        return None
    is_entry = part is not Part.EXIT
    for trade, record, name in ((a, of_a, "A"), (b, of_b, "B")):
        said = outside_of_candle(trade, record, is_entry=is_entry)
        if said is not None:
            return Cause.DATA, f"{said} in {name}"
    return None


def _into_candle(at: datetime, record: Record) -> float:
    return (at - record.candle_of(at)).total_seconds()


def _fees_words(a: RecordedTrade, b: RecordedTrade) -> str:
    rates = [f"{t.fee_open * 1e4:.2f} and {t.fee_close * 1e4:.2f} bps" for t in (a, b)]
    return f"{rates[0]} in A, {rates[1]} in B{_missing_words(a, b, ('fee_open', 'fee_close'))}"


def _funding_words(a: RecordedTrade, b: RecordedTrade) -> str:
    told = f"{a.funding:.4f} in A, {b.funding:.4f} in B"
    return f"{told}{_missing_words(a, b, ('funding_fees',))}"


def _missing_words(a: RecordedTrade, b: RecordedTrade, names: tuple[str, ...]) -> str:
    absent = [
        side for trade, side in ((a, "A"), (b, "B")) if any(n in trade.missing for n in names)
    ]
    return f"; not recorded in {' and '.join(absent)}" if absent else ""
