"""The page of a gate's verdict: criteria, the curve out of sample, and the evidence behind both."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.dates import date2num
from matplotlib.ticker import MaxNLocator, PercentFormatter

from plimsoll.gates.criterion import Unit
from plimsoll.reporting.canvas import Layout, Panel, key_above, panel, time_axis
from plimsoll.reporting.drawing import MUTED, STRATEGY_COLOURS
from plimsoll.reporting.tables import Cell, Table
from plimsoll.reporting.words import DASH, counted, percent

Record = Mapping[str, Any]
HASH_DIGITS = 12
CAPTION = (
    "Tested days of all windows one after the other, marked to market, costs included. The band "
    "comes from days drawn in blocks (stationary bootstrap)."
)


def gate_page(record: Record) -> str:
    """Return the whole page; it fetches nothing and runs no script. Same input, same bytes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = Markup  # Matplotlib and `canvas.described` escape their text
    strategy = record["subject"]["strategy"]
    return environment.get_template("gate.html.j2").render(
        title=f"The {record['gate']} gate: {strategy}",
        verdict=verdict_words(record),
        tiles=_tiles(record),
        mend=_mend(record),
        criteria=_criteria(record),
        curve=_curve(record["figures"]),
        evidence=_evidence(record),
        facts=_facts(record),
    )


def verdict_words(record: Record) -> str:
    """Return the verdict in a sentence."""
    closed = sum(not row["go"] for row in record["criteria"])
    review = record.get("review")
    if review is not None:
        return (
            f"{record['verdict'].upper()}. Review: {review['decision']}, from "
            f"{review['from_usd']:,.0f} to {review['to_usd']:,.0f} USD, by {review['by']}: "
            f"{review['reason']}. The evidence speaks for: {review['recommended']}. "
            f"{counted(closed, 'criterion', 'criteria')} not met."
        )
    if record["verdict"] == "go":
        return f"GO. All {len(record['criteria'])} criteria are met."
    told = [counted(closed, "criterion is", "criteria are") + " not met"] if closed else []
    told += list(record["objections"])
    return f"NO-GO. {'; '.join(told)}."


def _tiles(record: Record) -> list[tuple[str, str, str]]:
    rows, figures = record["criteria"], record["figures"]
    capital = record["capital_usd"]
    sharpe, low = figures.get("sharpe"), figures.get("sharpe_low")
    return [
        ("Verdict", record["verdict"], f"{record['made_at'][:16].replace('T', ' ')} UTC"),
        ("Criteria met", f"{sum(row['go'] for row in rows)} of {len(rows)}", record["gate"]),
        (
            "Sharpe ratio",
            DASH if sharpe is None else f"{sharpe:.2f}",
            "out of sample"
            if low is None
            else f"out of sample; above {low:.2f} with 95 % confidence",
        ),
        (
            "Capital",
            DASH if capital is None else f"{capital:,.0f} USD",
            "what a bot may trade with",
        ),
        ("Loosened", str(len(record["loosened"])), "limits looser than the shipped ones"),
    ]


def _mend(record: Record) -> list[tuple[str, str]]:
    told = [(f"{text}.", "") for text in record["objections"]]
    return told + [
        (f"{row['name']}: {row['reason']}.", row["command"])
        for row in record["criteria"]
        if not row["go"]
    ]


def _criteria(record: Record) -> Table:
    hashes = {
        one["name"]: ", ".join(file["sha256"][:HASH_DIGITS] for file in one["files"]) or DASH
        for one in record["evidence"]
    }
    loosened = {one["criterion"] for one in record["loosened"]}
    rows = []
    for row in record["criteria"]:
        unit = Unit(row["unit"])
        limit = f"{row['sense']} {unit.words(row['limit'])}"
        rows.append(
            [
                Cell(row["name"], is_text=True),
                Cell("go" if row["go"] else "no-go"),
                Cell(unit.words(row["value"])),
                Cell(f"{limit} (loosened)" if row["name"] in loosened else limit),
                Cell(row["says"], wraps=True),
                Cell("; ".join(hashes.get(name, DASH) for name in row["evidence"]), wraps=True),
            ]
        )
    columns = ("Criterion", "", "Value", "Limit", "What is measured", "Hash of the evidence")
    return Table("Every criterion", columns, rows, stacks=True)


def _evidence(record: Record) -> Table:
    rows = [
        [
            Cell(one["name"], is_text=True),
            Cell((one["made_at"] or DASH)[:16].replace("T", " ")),
            Cell("; ".join(one["faults"]) or "whole and fresh", wraps=True),
            Cell(one["origin"] or DASH, wraps=True),
            Cell(", ".join(file["sha256"] for file in one["files"]) or DASH, wraps=True),
        ]
        for one in record["evidence"]
    ]
    columns = ("Evidence", "Made (UTC)", "State", "Taken from", "SHA-256")
    return Table("Evidence", columns, rows, stacks=True)


def _curve(figures: Record) -> Panel | None:
    if not figures:
        return None
    days = pd.DatetimeIndex(figures["days"])
    growth, low, high = (
        pd.Series([float(one) - 1.0 for one in figures[name]], index=days)
        for name in ("growth", "low", "high")
    )

    def draw(axis: Axes, layout: Layout) -> None:
        axis.axhline(0.0, color=MUTED, linewidth=0.9)
        at = date2num(days)
        band = axis.fill_between(
            at,
            low,
            high,
            color=STRATEGY_COLOURS[0],
            alpha=0.18,
            label="90 % of resampled histories",
        )
        line = axis.plot(
            at, growth, color=STRATEGY_COLOURS[0], linewidth=1.8, label="out of sample"
        )
        axis.margins(x=0.0)
        axis.set_ylabel("Return since the start")
        axis.yaxis.set_major_locator(MaxNLocator(nbins=6))
        axis.yaxis.set_major_formatter(PercentFormatter(xmax=1.0, decimals=0))
        time_axis(axis, layout)
        key_above(axis, [*line, band], layout)  # type: ignore[list-item]

    summary = f"{percent(float(growth.iloc[-1]))} after {len(days)} days; 90 % of resamples end "
    summary += f"between {percent(float(low.iloc[-1]))} and {percent(float(high.iloc[-1]))}."
    words = ("Growth out of sample", summary, CAPTION)
    table = pd.DataFrame({"growth": growth, "low": low, "high": high})
    return panel("growth", words, draw, 3.9, ("Day", "Return", "Low", "High"), _rows(table))


def _rows(table: pd.DataFrame) -> Sequence[Sequence[str]]:
    """Return the last row of each month as text."""
    days = pd.DatetimeIndex(table.index)
    ends = table.groupby([days.year, days.month]).tail(1)
    return [
        (f"{day:%Y-%m-%d}", *(percent(float(one)) for one in row))
        for day, row in zip(
            pd.DatetimeIndex(ends.index), ends.to_numpy(dtype="float64"), strict=True
        )
    ]


def _facts(record: Record) -> list[tuple[str, str]]:
    subject, previous, attestation = record["subject"], record["previous"], record["attestation"]
    facts = [
        ("Made", f"{record['made_at']}"),
        ("Strategy", subject["strategy"]),
        ("Versions", f"Freqtrade {subject['freqtrade']}, Plimsoll {subject['plimsoll']}"),
        *(
            (f"Fingerprint, {name}", subject[name][:HASH_DIGITS])
            for name in ("code", "source", "parameters", "config")
        ),
        (
            "The gate before",
            "none"
            if previous is None
            else f"{previous['gate']}, {previous['made_at']}, {previous['sha256'][:HASH_DIGITS]}",
        ),
        ("Seal", record["sha256"]),
    ]
    if attestation is not None:
        facts.append(("Attested", f"{attestation['by']}: {attestation['reason']}"))
    facts += [
        (
            "Loosened",
            f"{one['criterion']}: {one['limit']:g} in place of the shipped {one['shipped']:g}",
        )
        for one in record["loosened"]
    ]
    return facts
