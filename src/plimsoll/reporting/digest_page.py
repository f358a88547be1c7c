"""A digest as files: one self-contained page, a picture, and lines of text."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import jinja2
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from plimsoll.performance.breakdown import by_column, grouped
from plimsoll.reporting import figures
from plimsoll.reporting.canvas import Layout, Panel, panel
from plimsoll.reporting.digest import Digest
from plimsoll.reporting.digest_figure import (
    causes_fall,
    days_of,
    digest_drawing,
    digest_png,
    draw_drawdown,
    drawdown_rows,
)
from plimsoll.reporting.digest_words import (
    cost_rows,
    empty_words,
    guard_rows,
    kept_words,
    operation_rows,
    promise_rows,
    review_rows,
    signed,
    text,
    title,
)
from plimsoll.reporting.guard_story import act_text, rule_rows
from plimsoll.reporting.page import Tile
from plimsoll.reporting.report_table import journal
from plimsoll.reporting.sections import Section, Text
from plimsoll.reporting.tables import Table, group_table, plain_table, rule_table
from plimsoll.reporting.trading_record import RecordSource
from plimsoll.reporting.waterfall import waterfall_panel
from plimsoll.reporting.whole_file import write_whole
from plimsoll.reporting.words import DASH, counted, percent, time_text

MOST_TRADES = 200
"""Closed trades that the page lists; the database has all."""
_WARNINGS = {
    RecordSource.DRY_RUN: "Paper money: Freqtrade assumed the fills, and no order moved a price.",
}
_SIMULATED = "Simulated market: these figures show that the machinery works, not that it earns."


@dataclass(frozen=True)
class DigestFiles:
    """Where a digest was written."""

    html: Path
    png: Path
    text: Path
    record: Path


def write_digest(digest: Digest, folder: Path, stem: str) -> DigestFiles:
    """Write ``STEM.html``, ``.png``, ``.txt`` and ``.json`` into a folder, each whole.

    The page fetches nothing and runs no script. The JSON comes last: where it is, the others are.
    """
    files = DigestFiles(*(folder / f"{stem}.{end}" for end in ("html", "png", "txt", "json")))
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(files.png, digest_png(digest))
    write_whole(files.html, digest_html(digest).encode())
    write_whole(files.text, text(digest).encode())
    record = json.dumps(digest.as_record(), indent=1, allow_nan=False, default=str)
    write_whole(files.record, f"{record}\n".encode())
    return files


def digest_html(digest: Digest) -> str:
    """Return the whole page; same digest, same bytes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = Markup  # Matplotlib and `canvas.described` escape their text
    return environment.get_template("digest.html.j2").render(
        title=title(digest),
        warnings=_warnings(digest),
        tiles=_tiles(digest),
        sections=_sections(digest),
        facts=_facts(digest),
    )


def _warnings(digest: Digest) -> list[str]:
    simulated = digest.market.startswith(("synthetic", "simulated"))
    of_source = "" if digest.source is None else _WARNINGS.get(digest.source, "")
    told = [_SIMULATED if simulated else of_source]
    if digest.kept is not None and digest.kept.is_kept is False:
        told.append("The trades made less than luck explains of what the backtest promised.")
    if digest.break_count:
        told.append(f"{counted(digest.break_count, 'break')} between bot and exchange.")
    return [one for one in told if one]


def _tiles(digest: Digest) -> list[Tile]:
    made = float("nan")
    if digest.equity is not None:
        made = float(digest.equity.iloc[-1] - digest.equity.iloc[0])
    ran, drift, kept = digest.operation, digest.drift, digest.kept
    tone = "win" if made > 0 else "loss" if made < 0 else ""
    fall = "open losses as far as known"
    bps = DASH if drift is None or not drift.now.priced else f"{drift.now.cost_bps:.1f} bps"
    assumed = None if drift is None else drift.assumed_bps
    missed = (
        "no log"
        if ran is None or ran.missed is None
        else (counted(ran.missed, "candle") + " missed")
    )
    promised = "no promise" if kept is None else f"{percent(kept.promised_fraction)} promised"
    return [
        Tile(
            "Made",
            f"{signed(made, digest.digits)} {digest.currency}",
            percent(digest.return_fraction),
            tone,
        ),
        Tile("Holding", percent(digest.benchmark_fraction), digest.benchmark_name or "no candles"),
        Tile("Below the high", percent(-digest.drawdown_fraction), fall),
        Tile("Trades closed", f"{digest.closed_count}", f"{digest.won} won"),
        Tile("A trade made", DASH if kept is None else percent(kept.mean_fraction), promised),
        Tile("Slippage", bps, "not known" if assumed is None else f"{assumed:.1f} bps assumed"),
        Tile("Uptime", DASH if ran is None else percent(ran.up_fraction), missed),
    ]


def _sections(digest: Digest) -> list[Section]:
    if digest.is_empty:
        return [Section("empty", "Nothing on record", [Text([empty_words(digest)])])]
    made = [_money(digest), _guards(digest), _running(digest)]
    if digest.closed is not None and len(digest.closed):
        made.append(_trades(digest))
    if digest.reviewed is not None or digest.due:
        rows = [said for _, said in review_rows(digest)]
        made.append(Section("reviews", "Reviews", [Text(rows, is_list=True)]))
    if digest.notes:
        lines = [f"{one[:1].upper()}{one[1:]}." for one in digest.notes]
        made.append(Section("notes", "Notes", [Text(lines, is_list=True)]))
    return made


def _money(digest: Digest) -> Section:
    blocks: list[Panel | Table | Text] = []
    caption = f"{digest.market}; {digest.period.words}, UTC."
    if digest.equity is not None:
        blocks += [_equity_panel(digest, caption), _drawdown_panel(digest, caption)]
    fall = causes_fall(digest)
    if fall is not None:
        note = "Price: at the prices that orders were decided at. Slippage: what fills differed "
        note += "from them. Fees: of all fills, and what closing the open positions would cost. "
        blocks.append(waterfall_panel("causes", fall, f"{note}{caption}"))
    said = [*promise_rows(digest), *cost_rows(digest)]
    rows = [(name.capitalize(), line) for name, line in said]
    if digest.kept is not None and digest.kept.trades:
        rows.append(("Promise", f"{kept_words(digest.kept)}; from {digest.kept.source}"))
    table = plain_table("Against promise and cost", ("", ""), rows)
    return Section("money", "What it made, and why", [*blocks, _wrapped(table)])


def _wrapped(table: Table) -> Table:
    """Let the texts of a table take several lines."""
    rows = [[row[0], *(replace(cell, wraps=True) for cell in row[1:])] for row in table.rows]
    return replace(table, rows=rows)


def _equity_panel(digest: Digest, caption: str) -> Panel:
    drawing = digest_drawing(digest)
    words = (
        f"{signed(float(digest.equity.iloc[-1] - digest.equity.iloc[0]), digest.digits)} "
        if digest.equity is not None
        else ""
    )
    summary = f"{words}{digest.currency}; holding {percent(digest.benchmark_fraction)}."
    heading = "Equity, and the guards' acts"
    svgs = figures.equity_svgs(drawing, "equity", heading, summary)
    ends = [curve.equity.groupby(days_of(curve.equity)).last() for curve in drawing.curves]
    rows = [
        (f"{day:%Y-%m-%d}", *(f"{one.get(day, float('nan')):,.{digest.digits}f}" for one in ends))
        for day in ends[0].index
    ]
    names = ("Day", *(curve.name for curve in drawing.curves))
    return Panel("equity", heading, summary, caption, svgs, names, rows)


def _drawdown_panel(digest: Digest, caption: str) -> Panel:
    def draw(axis: Axes, layout: Layout) -> None:
        draw_drawdown(axis, digest, layout)

    summary = f"{percent(-digest.drawdown_fraction)} at the deepest, "
    summary += f"{percent(-digest.drawdown_now_fraction)} at the end."
    words = ("Below the account's high", summary, caption)
    return panel("drawdown", words, draw, 2.4, ("Day", "Deepest"), drawdown_rows(digest))


def _guards(digest: Digest) -> Section:
    rows = guard_rows(digest.acts)
    blocks: list[Panel | Table | Text] = [Text([rows[0][1]])]
    if digest.acts is not None:
        by_rule = rule_rows(digest.acts, digest.period.end)
        if by_rule:
            blocks.append(rule_table(by_rule, digest.currency))
        acts = [f"{time_text(pd.Timestamp(a.at))}  {act_text(a)}" for a in digest.acts.acts]
        if acts:
            blocks.append(Text(acts, is_list=True))
    return Section("guards", "What the guards did", blocks)


def _running(digest: Digest) -> Section:
    rows = [(name.capitalize(), said) for name, said in operation_rows(digest.operation)]
    blocks: list[Panel | Table | Text] = [_wrapped(plain_table("In figures", ("", ""), rows))]
    if digest.operation is not None and digest.operation.books:
        lines = [
            f"{time_text(pd.Timestamp(one.at))}  {one.event}: {one.text}"
            for one in digest.operation.books
        ]
        blocks.append(Text(lines, is_list=True))
    return Section("running", "How it ran", blocks)


def _trades(digest: Digest) -> Section:
    closed = digest.closed
    assert closed is not None  # noqa: S101 - as the caller has asked
    by_pair = grouped(closed, by_column("pair")(closed))
    why = grouped(closed, by_column("exit_reason")(closed))
    rows = [
        (row.opened, row.closed, row.pair, row.side, row.open_rate, row.close_rate, row.profit,
         row.reason)
        for row in journal(closed, MOST_TRADES, digest.digits)
    ]  # fmt: skip
    names = ("Opened (UTC)", "Closed", "Pair", "Side", "Entry", "Exit", digest.currency, "Why")
    tables = [
        group_table("By pair", by_pair, digest.currency),
        group_table("By exit", why, digest.currency),
        plain_table("Every closed trade; plimsoll journal tells why", names, rows),
    ]
    return Section("trades", "Closed trades", tables)


def _facts(digest: Digest) -> list[tuple[str, str]]:
    period = digest.period
    source = "not known" if digest.source is None else str(digest.source)
    return [
        ("Bot", f"{digest.name}, {source}"),
        ("Market", digest.market),
        ("Period", f"after {time_text(period.start)} up to {time_text(period.end)} UTC"),
        ("Made", f"{time_text(digest.made_at)} UTC"),
        ("Log until then", digest.head or "none"),
    ]
