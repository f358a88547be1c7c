"""The bill as plain values for JSON, and as lines of text."""

from math import isfinite
from typing import Any

from plimsoll.parity.bill import Bill, CauseRow, Piece
from plimsoll.parity.causes import CAUSES
from plimsoll.parity.money import amount, cents
from plimsoll.parity.trade import RecordedTrade
from plimsoll.parity.verdict import Verdict

MOST_TOLD = 10
"""Single trades that the text names."""


def bill_record(bill: Bill, limit_fraction: float) -> dict[str, Any]:
    """Return a bill as plain values for JSON; money in the stake currency, moments ISO 8601."""
    verdict = bill.verdict
    return {
        "a": {"name": bill.a.name, "trades": len(bill.a.trades), "profit": amount(bill.total_a)},
        "b": {"name": bill.b.name, "trades": len(bill.b.trades), "profit": amount(bill.total_b)},
        "stake_currency": bill.a.stake_currency,
        "since": bill.since.isoformat(),
        "until": bill.until.isoformat(),
        "window_seconds": bill.window.total_seconds(),
        "matched": len(bill.pairs),
        "only_a": len(bill.only_a),
        "only_b": len(bill.only_b),
        "outside_a": len(bill.outside_a),
        "outside_b": len(bill.outside_b),
        "difference": amount(bill.difference),
        "unexplained": amount(bill.unexplained),
        "verdict": {
            "band": verdict.band.value,
            "fraction": verdict.fraction if isfinite(verdict.fraction) else None,
            "net_fraction": verdict.net_fraction,
            "balance_fraction": verdict.balance_fraction,
            "limit_fraction": limit_fraction,
            "within": verdict.within(limit_fraction),
        },
        "causes": [_row(row) for row in bill.rows()],
        "pieces": [_piece(piece) for piece in bill.pieces],
    }


def bill_lines(bill: Bill, limit_fraction: float) -> list[str]:
    """Return a bill as lines of text; its cents add up to the difference of both totals."""
    unit = bill.a.stake_currency
    lines = [
        f"A  {bill.a.name}: {len(bill.a.trades):,} trades, {money(cents(bill.total_a))} {unit}",
        f"B  {bill.b.name}: {len(bill.b.trades):,} trades, {money(cents(bill.total_b))} {unit}",
        f"{bill.since:%Y-%m-%d %H:%M} to {bill.until:%Y-%m-%d %H:%M} UTC: {len(bill.pairs):,} "
        f"matched, {len(bill.only_a):,} only in A, {len(bill.only_b):,} only in B"
        + _outside_words(bill),
        "",
    ]
    rows = bill.rows()
    cells = [
        (
            CAUSES[row.cause].title,
            f"{row.trades:,}",
            money(cents(row.gross)),
            money(row.cents, signed=True),
        )
        for row in rows
    ]
    heading = ("Cause", "Trades", "Gross", unit)
    cells = [heading, *cells, ("B - A", "", "", money(bill.difference_cents, signed=True))]
    widths = [max(len(cell[column]) for cell in cells) for column in range(4)]
    lines += [
        f"{cell[0]:<{widths[0]}}  {cell[1]:>{widths[1]}}  {cell[2]:>{widths[2]}}  "
        f"{cell[3]:>{widths[3]}}"
        for cell in cells
    ]
    return [*lines, "", *_largest(bill), verdict_words(bill.verdict, limit_fraction)]


def verdict_words(verdict: Verdict, limit_fraction: float) -> str:
    """Return the verdict in a sentence."""
    if not verdict.trades:
        return "Nothing to compare: neither record has a trade in the span that they share."
    share = f"{verdict.fraction:.2%}" if isfinite(verdict.fraction) else "infinitely much"
    parts = [f"{verdict.band.value.capitalize()}: trades differ by {share} of what they made"]
    if verdict.net_fraction is not None:
        parts.append(f"profits by {verdict.net_fraction:.2%} of A's")
    if verdict.balance_fraction is not None:
        parts.append(f"{verdict.balance_fraction:.3%} of the starting balance")
    said = "within" if verdict.within(limit_fraction) else "outside of"
    return f"{', '.join(parts)}; {said} the limit of {limit_fraction:.2%}"


def money(hundredths: int, *, signed: bool = False) -> str:
    """Write cents as an amount; ``signed`` puts a plus before what is above 0."""
    whole, rest = divmod(abs(hundredths), 100)
    sign = "-" if hundredths < 0 else "+" if signed and hundredths > 0 else ""
    return f"{sign}{whole:,}.{rest:02d}"


def trade_words(trade: RecordedTrade) -> str:
    """Name a trade: pair, side, opening."""
    return f"{trade.pair} {trade.side.value} {trade.opened_at:%Y-%m-%d %H:%M:%S}"


def piece_words(piece: Piece) -> str:
    """Name the trade that a piece is of: A's, or B's where A has none."""
    trade = piece.a if piece.a is not None else piece.b
    return "" if trade is None else trade_words(trade)


def largest(bill: Bill, most: int) -> list[Piece]:
    """Return the pieces of the largest amounts, whatever their sign."""
    return sorted(bill.pieces, key=lambda piece: -abs(piece.units))[:most]


def _largest(bill: Bill) -> list[str]:
    named = largest(bill, MOST_TOLD)
    if not named:
        return []
    lines = [
        f"  {money(cents(piece.units), signed=True):>12}  {piece_words(piece)}: "
        f"{CAUSES[piece.cause].title.lower()} ({piece.part.value}; {piece.evidence})"
        for piece in named
    ]
    return ["Largest single differences:", *lines, ""]


def _outside_words(bill: Bill) -> str:
    if not bill.outside_a and not bill.outside_b:
        return ""
    return (
        f"; opened outside of it and not compared: {len(bill.outside_a):,} of A, "
        f"{len(bill.outside_b):,} of B"
    )


def _row(row: CauseRow) -> dict[str, Any]:
    return {
        "cause": row.cause.value,
        "title": CAUSES[row.cause].title,
        "trades": row.trades,
        "amount": amount(row.units),
        "cents": row.cents,
        "gross": amount(row.gross),
    }


def _piece(piece: Piece) -> dict[str, Any]:
    return {
        "cause": piece.cause.value,
        "part": piece.part.value,
        "amount": amount(piece.units),
        "evidence": piece.evidence,
        "a": None if piece.a is None else _trade(piece.a),
        "b": None if piece.b is None else _trade(piece.b),
    }


def _trade(trade: RecordedTrade) -> dict[str, Any]:
    return {
        "pair": trade.pair,
        "side": trade.side.value,
        "opened_at": trade.opened_at.isoformat(),
        "closed_at": None if trade.closed_at is None else trade.closed_at.isoformat(),
        "profit": trade.profit,
        "exit_reason": trade.exit_reason,
    }
