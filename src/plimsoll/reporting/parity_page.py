"""The page of a bill of parity: both curves, what each cause amounts to, the single trades."""

from collections.abc import Sequence
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.ticker import MaxNLocator

from plimsoll.parity import CAUSES, Bill, Cause, Piece, RecordedTrade
from plimsoll.parity.money import amount, cents
from plimsoll.parity.told import largest, money, piece_words, trade_words, verdict_words
from plimsoll.reporting.canvas import Layout, Panel, key_above, panel, time_axis
from plimsoll.reporting.drawing import LOSS, MUTED, STRATEGY_COLOURS, WIN
from plimsoll.reporting.tables import Cell, Table, month_ends, plain_table
from plimsoll.reporting.whole_file import write_whole
from plimsoll.reporting.words import DASH, counted, number, time_text

HTML_NAME = "parity.html"
MOST_PIECES = 100
"""Single differences that the page lists, the largest first."""
MOST_UNMATCHED = 100


def render_parity(
    bill: Bill,
    remarks: Sequence[str],
    folder: Path,
    *,
    limit_fraction: float,
    made_at: pd.Timestamp,
) -> Path:
    """Write ``parity.html`` into ``folder``, whole or not at all; return where."""
    text = parity_html(bill, remarks, limit_fraction=limit_fraction, made_at=made_at).encode()
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / HTML_NAME, text)
    return folder / HTML_NAME


def parity_html(
    bill: Bill, remarks: Sequence[str], *, limit_fraction: float, made_at: pd.Timestamp
) -> str:
    """Return the whole page; it fetches nothing and runs no script. Same input, same bytes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = Markup  # Matplotlib and `canvas.described` escape their text
    unit = bill.a.stake_currency
    named = [row.cause for row in bill.rows()]
    return environment.get_template("parity.html.j2").render(
        title=f"Parity: {bill.a.name} (A) and {bill.b.name} (B)",
        verdict=verdict_words(bill.verdict, limit_fraction),
        tiles=_tiles(bill, unit),
        curves=_curves(bill, unit),
        bars=_bars(bill, unit) if named else None,
        causes=_causes(bill, unit),
        explained=[CAUSES[cause] for cause in named],
        pieces=_pieces(largest(bill, MOST_PIECES), len(bill.pieces), unit),
        unmatched=_unmatched(bill, unit),
        remarks=remarks,
        facts=_facts(bill, made_at),
    )


def _tiles(bill: Bill, unit: str) -> list[tuple[str, str, str]]:
    unexplained = sum(1 for piece in bill.pieces if piece.cause is Cause.UNEXPLAINED)
    return [
        (
            "A made",
            money(cents(bill.total_a)).replace("-", "−"),
            f"{counted(len(bill.a.trades), 'trade')}, {unit}",
        ),
        (
            "B made",
            money(cents(bill.total_b)).replace("-", "−"),
            f"{counted(len(bill.b.trades), 'trade')}, {unit}",
        ),
        ("B − A", _money(bill.difference_cents), unit),
        ("Verdict", bill.verdict.band.value, f"{bill.verdict.fraction:.2%} of what trades made"),
        (
            "Matched",
            f"{len(bill.pairs):,}",
            f"{len(bill.only_a):,} only in A, {len(bill.only_b):,} only in B",
        ),
        (
            "Unexplained",
            _money(cents(bill.unexplained)),
            counted(unexplained, "difference"),
        ),
    ]


def _curve(trades: Sequence[RecordedTrade], bill: Bill) -> "pd.Series[float]":
    """Return the running sum of realised profit at each close, from 0 at the span's start."""
    closed = sorted((t for t in trades if t.closed_at is not None), key=lambda t: t.closed_at or 0)
    times = [bill.since, *(trade.closed_at for trade in closed)]
    sums = pd.Series([0.0, *(trade.profit for trade in closed)]).cumsum()
    last = max(bill.until, times[-1] or bill.until)
    index = pd.DatetimeIndex([*times, last])
    return pd.Series([*sums, sums.iloc[-1]], index=index, dtype="float64")


def _curves(bill: Bill, unit: str) -> Panel:
    curves = [("A", _curve(bill.a.trades, bill)), ("B", _curve(bill.b.trades, bill))]
    names = {"A": f"A, {bill.a.name}", "B": f"B, {bill.b.name}"}

    def draw(axis: Axes, layout: Layout) -> None:
        axis.axhline(0.0, color=MUTED, linewidth=0.9)
        handles = []
        for place, (key, curve) in enumerate(curves):
            handles += axis.plot(
                date2num(curve.index),
                curve.to_numpy(),
                label=names[key],
                color=STRATEGY_COLOURS[place],
                linestyle="-" if place == 0 else "--",
                linewidth=1.8,
                drawstyle="steps-post",
            )
        axis.margins(x=0.0)
        axis.set_ylabel(f"Realised profit ({unit})")
        axis.yaxis.set_major_locator(MaxNLocator(nbins=6))
        time_axis(axis, layout)
        key_above(axis, handles, layout)

    ends = [dict(month_ends(curve)) for _, curve in curves]
    days = sorted({day for one in ends for day in one})
    rows = [(day, *(one.get(day, DASH) for one in ends)) for day in days]
    told = "; ".join(f"{key} ends at {number(float(c.iloc[-1]))} {unit}" for key, c in curves)
    words = ("Profit of both", f"{told}.", "Realised profit at each close, fees and funding paid.")
    return panel("curves", words, draw, 3.9, ("Day", "A", "B"), rows)


def _bars(bill: Bill, unit: str) -> Panel:
    rows = bill.rows()[::-1]
    titles = [CAUSES[row.cause].title for row in rows]

    def draw(axis: Axes, layout: Layout) -> None:
        values = [amount(row.units) for row in rows]
        axis.barh(titles, values, color=[WIN if value >= 0.0 else LOSS for value in values])
        axis.axvline(0.0, color=MUTED, linewidth=0.9)
        axis.set_xlabel(f"B above A ({unit})")
        axis.xaxis.set_major_locator(MaxNLocator(nbins=4 if layout.name == "narrow" else 7))
        axis.tick_params(axis="y", length=0)
        if layout.name == "narrow":
            axis.set_yticks(range(len(titles)), [_broken(title) for title in titles])

    most = rows[-1]
    summary = f"The largest: {CAUSES[most.cause].title.lower()}, {_money(most.cents)}."
    words = (
        "What each cause amounts to",
        summary,
        "Above 0: B made more. All bars add up to B − A.",
    )
    return panel("causes-figure", words, draw, 0.9 + 0.42 * len(rows), ("Cause", unit), [])


def _broken(title: str) -> str:
    """Break a long title into lines that a phone has room for."""
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + len(word) > 18:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def _causes(bill: Bill, unit: str) -> Table:
    rows = [
        [
            Cell(CAUSES[row.cause].title, is_text=True),
            Cell(_money(row.cents)),
            Cell(money(cents(row.gross))),
            Cell(f"{row.trades:,}"),
            Cell(CAUSES[row.cause].remedy, wraps=True),
        ]
        for row in bill.rows()
    ]
    compared = len(bill.pairs) + len(bill.only_a) + len(bill.only_b)
    total = [
        Cell("B − A", is_text=True),
        Cell(_money(bill.difference_cents)),
        Cell(""),
        Cell(f"{compared:,}"),
        Cell("", wraps=True),
    ]
    rows.append(total)
    notes = [
        "A trade may be in several rows: its entry, its exit and its costs each have a cause.",
        "Gross: the same amounts without their signs, so that what cancels is seen.",
    ]
    return Table(
        "The bill", ("Cause", unit, "Gross", "Trades", "What to do"), rows, notes, stacks=True
    )


def _money(hundredths: int) -> str:
    """Write cents with their sign, as a page does."""
    return money(hundredths, signed=True).replace("-", "−")


def _pieces(pieces: Sequence[Piece], count: int, unit: str) -> Table:
    rows = [
        [
            Cell(piece_words(piece), is_text=True),
            Cell(_money(cents(piece.units))),
            Cell(CAUSES[piece.cause].title),
            Cell(f"{piece.part.value}: {piece.evidence}", wraps=True),
        ]
        for piece in pieces
    ]
    title = "The largest single differences" if count > len(pieces) else "Every difference"
    notes = [f"{len(pieces):,} of {count:,}; --json has all."] if count > len(pieces) else []
    return Table(title, ("Trade", unit, "Cause", "Evidence"), rows, notes, stacks=True)


def _unmatched(bill: Bill, unit: str) -> Table | None:
    alone = [("A", trade) for trade in bill.only_a] + [("B", trade) for trade in bill.only_b]
    if not alone:
        return None
    alone.sort(key=lambda item: item[1].opened_at)
    rows = [
        (
            trade_words(trade),
            f"only {name}",
            number(trade.profit),
            trade.exit_reason or "still open",
        )
        for name, trade in alone[:MOST_UNMATCHED]
    ]
    made = plain_table("Trades without a match", ("Trade", "In", unit, "Closed by"), rows)
    notes = [f"The first {MOST_UNMATCHED} of {len(alone):,}."] if len(alone) > len(rows) else []
    return Table(made.title, made.columns, made.rows, notes, stacks=True)


def _facts(bill: Bill, made_at: pd.Timestamp) -> list[tuple[str, str]]:
    span = f"{time_text(pd.Timestamp(bill.since))} to {time_text(pd.Timestamp(bill.until))} UTC"
    minutes = bill.window.total_seconds() / 60
    outside = f"{len(bill.outside_a):,} of A, {len(bill.outside_b):,} of B"
    return [
        ("Compared", f"trades that open from {span}, the span that both records cover"),
        ("Opened outside of it", outside),
        ("Window", f"openings of one trade lie {minutes:.0f} min apart at most"),
        ("Made", f"{time_text(made_at)} UTC"),
    ]
