"""The bill: every difference between two records with its cause, in amounts that add up."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plimsoll.parity.absent import absent_cause
from plimsoll.parity.causes import Cause
from plimsoll.parity.errors import ParityError
from plimsoll.parity.matched import matched_pieces
from plimsoll.parity.matching import Matching, match
from plimsoll.parity.money import cents, shared_cents, units
from plimsoll.parity.record import Record
from plimsoll.parity.split import Part
from plimsoll.parity.trade import RecordedTrade
from plimsoll.parity.valued import valued_at_end
from plimsoll.parity.verdict import Verdict, verdict_of

WINDOW_CANDLES = 2.0
"""How many candles openings of one trade may lie apart, by default."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the difference that has one cause.

    ``units`` of 1e-8 of the stake currency, above 0 where B made more; ``a`` or ``b`` is None
    where that record has no such trade.
    """

    cause: Cause
    part: Part
    units: int
    evidence: str
    a: RecordedTrade | None
    b: RecordedTrade | None


@dataclass(frozen=True, slots=True)
class CauseRow:
    """What one cause amounts to: its share in units and in cents, and how many trades it is in.

    ``gross`` are the units of all its pieces without their signs: pieces that cancel show there.
    """

    cause: Cause
    units: int
    cents: int
    trades: int
    gross: int


@dataclass(frozen=True, eq=False)
class Bill:
    """Two records, matched and compared.

    Attributes
    ----------
    a, b
        The records, their trades cut to the shared span.
    since, until
        The shared span, UTC.
    pairs
        Matched trades; ``only_a`` and ``only_b`` have no match.
    pieces
        Every part of the difference; they add up to ``difference`` exactly.
    outside_a, outside_b
        Trades that open outside of the span, and so were not compared.
    """

    a: Record
    b: Record
    since: datetime
    until: datetime
    window: timedelta
    pairs: tuple[tuple[RecordedTrade, RecordedTrade], ...]
    only_a: tuple[RecordedTrade, ...]
    only_b: tuple[RecordedTrade, ...]
    pieces: tuple[Piece, ...]
    outside_a: tuple[RecordedTrade, ...]
    outside_b: tuple[RecordedTrade, ...]

    @property
    def total_a(self) -> int:
        """What A's trades made, in units."""
        return _total(self.a.trades)

    @property
    def total_b(self) -> int:
        """What B's trades made, in units."""
        return _total(self.b.trades)

    @property
    def difference(self) -> int:
        """What B made beyond A, in units."""
        return self.total_b - self.total_a

    @property
    def difference_cents(self) -> int:
        """The difference of both totals as they are shown, to the cent."""
        return cents(self.total_b) - cents(self.total_a)

    @property
    def unexplained(self) -> int:
        """Units that no evidence gives a cause."""
        return sum(piece.units for piece in self.pieces if piece.cause is Cause.UNEXPLAINED)

    @property
    def verdict(self) -> Verdict:
        """How far apart the records are."""
        differences = [units(b.profit) - units(a.profit) for a, b in self.pairs]
        differences += [-units(trade.profit) for trade in self.only_a]
        differences += [units(trade.profit) for trade in self.only_b]
        return verdict_of(
            differences,
            [units(trade.profit) for trade in self.a.trades],
            [units(trade.profit) for trade in self.b.trades],
            self.a.starting_balance or self.b.starting_balance,
        )

    def without(self, cause: Cause) -> "Bill":
        """Return the bill of the trades that a cause has no part in."""
        left_a = {one.a.number for one in self.pieces if one.cause is cause and one.a}
        left_b = {one.b.number for one in self.pieces if one.cause is cause and one.b}

        def kept(trades: tuple[RecordedTrade, ...], left: set[int]) -> tuple[RecordedTrade, ...]:
            return tuple(trade for trade in trades if trade.number not in left)

        return replace(
            self,
            a=replace(self.a, trades=kept(self.a.trades, left_a)),
            b=replace(self.b, trades=kept(self.b.trades, left_b)),
            pairs=tuple(pair for pair in self.pairs if pair[0].number not in left_a),
            only_a=kept(self.only_a, left_a),
            only_b=kept(self.only_b, left_b),
            pieces=tuple(
                one
                for one in self.pieces
                if (one.a is None or one.a.number not in left_a)
                and (one.b is None or one.b.number not in left_b)
            ),
        )

    def rows(self) -> list[CauseRow]:
        """Return the bill by cause, the largest amount first; its cents add up to the total's."""
        whole: dict[Cause, int] = defaultdict(int)
        gross: dict[Cause, int] = defaultdict(int)
        trades: dict[Cause, set[tuple[int | None, int | None]]] = defaultdict(set)
        for piece in self.pieces:
            whole[piece.cause] += piece.units
            gross[piece.cause] += abs(piece.units)
            trades[piece.cause].add(_key(piece))
        causes = sorted(whole, key=lambda cause: (-abs(whole[cause]), -gross[cause], cause))
        shown = shared_cents([whole[cause] for cause in causes], self.difference_cents)
        return [
            CauseRow(cause, whole[cause], part, len(trades[cause]), gross[cause])
            for cause, part in zip(causes, shown, strict=True)
        ]


def bill_of(
    a: Record,
    b: Record,
    *,
    window: timedelta | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    value_open: bool = False,
) -> Bill:
    """Match two records and split their difference into causes.

    Compared are the trades that open in the span that both records cover, or in the part of it
    from ``since`` to before ``until``. ``window`` is how far apart openings of one trade may lie;
    by default two candles. ``value_open``: a position of B that is still open where A's end closed
    its own counts as closed there, at A's price.

    Raises `ParityError` when the records share no span, or trade in different currencies.
    """
    if a.stake_currency != b.stake_currency:
        raise ParityError(
            f"expected one stake currency, found {a.stake_currency} in A and {b.stake_currency} "
            "in B; these are accounts of different money"
        )
    first = max(one for one in (a.start, b.start, since) if one is not None)
    last = min(one for one in (a.end, b.end, until) if one is not None)
    if last <= first:
        raise ParityError(
            f"A covers {_span(a)}, B {_span(b)}: they share no span to compare"
            + (" with --since and --until" if since or until else "")
        )
    window = max(a.candle, b.candle) * WINDOW_CANDLES if window is None else window
    # Cut for what is compared only: which slots and pairs were taken is asked of whole records.
    whole_a, whole_b = replace(a, start=first, end=last), replace(b, start=first, end=last)
    within_a, outside_a = _cut(a.trades, first, last)
    within_b, outside_b = _cut(b.trades, first, last)
    matching = match(within_a, within_b, window)
    if value_open:
        matching, within_b = _valued(matching, within_b)
    pieces = [
        Piece(cause, part, change, evidence, one, other)
        for one, other in matching.pairs
        for part, change, cause, evidence in matched_pieces(one, other, whole_a, whole_b)
    ]
    pieces += _missing(matching.only_a, whole_a, whole_b, in_a=True)
    pieces += _missing(matching.only_b, whole_b, whole_a, in_a=False)
    return Bill(
        a=replace(a, trades=within_a),
        b=replace(b, trades=within_b),
        since=first,
        until=last,
        window=window,
        pairs=matching.pairs,
        only_a=matching.only_a,
        only_b=matching.only_b,
        pieces=tuple(pieces),
        outside_a=outside_a,
        outside_b=outside_b,
    )


def _valued(
    matching: Matching, within_b: tuple[RecordedTrade, ...]
) -> tuple[Matching, tuple[RecordedTrade, ...]]:
    """Value what is still open in B where A's end closed its own."""
    valued = {b.number: valued_at_end(b, a) for a, b in matching.pairs}
    pairs = tuple((one, valued[other.number]) for one, other in matching.pairs)
    within = tuple(valued.get(trade.number, trade) for trade in within_b)
    return replace(matching, pairs=pairs), within


def _missing(
    trades: Sequence[RecordedTrade], of: Record, other: Record, *, in_a: bool
) -> Iterable[Piece]:
    for trade in trades:
        cause, evidence = absent_cause(trade, of, other, "B" if in_a else "A")
        change = units(trade.profit)
        if in_a:
            yield Piece(cause, Part.WHOLE, -change, evidence, trade, None)
        else:
            yield Piece(cause, Part.WHOLE, change, evidence, None, trade)


def _cut(
    trades: Sequence[RecordedTrade], first: datetime, last: datetime
) -> tuple[tuple[RecordedTrade, ...], tuple[RecordedTrade, ...]]:
    """Return the trades that open in a span, and the others."""
    within = tuple(trade for trade in trades if first <= trade.opened_at < last)
    return within, tuple(trade for trade in trades if not first <= trade.opened_at < last)


def _total(trades: Sequence[RecordedTrade]) -> int:
    return sum(units(trade.profit) for trade in trades)


def _key(piece: Piece) -> tuple[int | None, int | None]:
    return (
        None if piece.a is None else piece.a.number,
        None if piece.b is None else piece.b.number,
    )


def _span(record: Record) -> str:
    return f"{record.start:%Y-%m-%d %H:%M} to {record.end:%Y-%m-%d %H:%M}"
