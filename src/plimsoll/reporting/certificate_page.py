"""The page of a drill's certificate."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import jinja2

from plimsoll.reporting.tables import Cell, Table, plain_table
from plimsoll.reporting.words import DASH, counted

Record = Mapping[str, Any]

GREEN = "Simulated exchange: what is shown here is that the guards act, and how fast. It says "
GREEN += "nothing about profit, and no drill ran against a real exchange."
RED = "This certificate is red: at least one row failed, or was not drilled. Do not trade on it."
CHECKED = (
    "Each row is judged from outside of the bot: by the exchange's own books (flat; after the "
    "verdict only orders that close; no order or stop left), by the database beside them, by the "
    "decision log's chain, by what the Telegram service accepted, by a restart after a kill -9, "
    "and by plimsoll resume."
)
TIMES = (
    "Loops are counted from that of the verdict, which is 1; seconds are the exchange's, from the "
    "verdict to the last fill."
)


FIGURES = 6
"""Columns before the one with words."""


def certificate_page(certificate: Record) -> str:
    """Return the whole page; it fetches nothing and runs no script. Same input, same bytes."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = str  # the shared parts name it; there is no picture here
    rows: Sequence[Record] = certificate["rows"]
    red = [row for row in rows if not row["ok"]]
    return environment.get_template("certificate.html.j2").render(
        title=f"Drill certificate: {certificate['strategy']}",
        warning=GREEN if certificate["ok"] else RED,
        tiles=_tiles(certificate),
        red=[f"{_name(row)}: {why(row)}" for row in red],
        scenarios=summary(rows, "scenario", "Guard or switch", certificate["how"]),
        faults=summary(rows, "fault", "Fault", {}),
        rows=_every(rows),
        left_out=_left_out(certificate["left_out"]),
        facts=_facts(certificate),
    )


def why(row: Record) -> str:
    """Say why a row is red."""
    bad = [f"{one['name']}: {one['said']}" for one in row["checks"] if not one["ok"]]
    return "; ".join([*([row["failure"]] if row["failure"] else []), *bad])


def summary(rows: Sequence[Record], key: str, head: str, how: Mapping[str, str]) -> Table:
    """Return one line for each scenario or fault: rows, red ones, and how long until flat."""
    lines = []
    for name in dict.fromkeys(row[key] for row in rows):
        own = [row for row in rows if row[key] == name]
        line = [
            name,
            str(len(own)),
            str(sum(not row["ok"] for row in own)),
            _spread(own, "loops", "{:.0f}"),
            _spread(own, "simulated_seconds", "{:.0f} s"),
            str(sum(row["restarts"] for row in own)),
        ]
        lines.append([*line, how[name]] if how else line)
    columns = [head, "Rows", "Red", "Loops until flat", "Until flat", "Restarts"]
    columns += ["Tripped by"] if how else []
    cells = [
        [
            Cell(text.replace("`", ""), is_text=place == 0, wraps=place >= FIGURES)
            for place, text in enumerate(line)
        ]
        for line in lines
    ]
    return Table(f"By {head.lower()}", columns, cells, [TIMES, CHECKED] if how else [])


def _spread(rows: Sequence[Record], key: str, words: str) -> str:
    values = [float(row[key]) for row in rows if row[key] is not None]
    if not values:
        return DASH
    return f"{words.format(median(values))} / {words.format(max(values))}"


def _every(rows: Sequence[Record]) -> Table:
    def cell(row: Record, key: str, words: Callable[[Any], str]) -> Cell:
        return Cell(DASH if row[key] is None else words(row[key]))

    lines = [
        [
            Cell(_name(row), is_text=True),
            Cell("green" if row["ok"] else "red"),
            cell(row, "value", lambda value: f"{value:.4g}"),
            cell(row, "limit", lambda value: f"{value:.4g}"),
            Cell(row["action"] or DASH),
            cell(row, "loops", str),
            cell(row, "simulated_seconds", lambda value: f"{value:.0f}"),
            Cell(str(sum(one["ok"] for one in row["checks"]))),
            Cell(f"{row['took_seconds']:.0f}"),
        ]
        for row in rows
    ]
    columns = ["Row", "", "Value", "Limit", "Action", "Loops", "Until flat, s", "Checks", "Took, s"]
    return Table("Every row", columns, lines)


def _left_out(reasons: Mapping[str, str]) -> Table:
    counts = Counter(reasons.values())
    lines = [[reason, str(count)] for reason, count in counts.most_common()]
    return plain_table("Cells that are not drilled", ["Reason", "Cells"], lines)


def _tiles(certificate: Record) -> list[tuple[str, str, str]]:
    counts = certificate["counts"]
    red = counts["red"]
    modes = ", ".join(f"{count} {mode}" for mode, count in counts["modes"].items())
    return [
        ("Verdict", "green" if certificate["ok"] else "red", counted(red, "red row")),
        ("Rows", f"{counts['rows']:,}", f"of {counts['wanted']:,} wanted: {modes}"),
        ("Guards", str(counts["guards"]), f"in {counted(counts['scenarios'], 'scenario')}"),
        ("Faults", str(counts["faults"]), "one of them none at all"),
        ("Took", f"{certificate['seconds'] / 60:.0f} min", f"seed {certificate['seed']}"),
    ]


def _facts(certificate: Record) -> list[tuple[str, str]]:
    versions = certificate["versions"]
    return [
        ("Made", f"{certificate['made_at']} (UTC)"),
        ("Strategy", certificate["strategy"]),
        ("Config layers", ", ".join(certificate["layers"]) or "the shipped ones"),
        ("Versions", ", ".join(f"{name} {number}" for name, number in versions.items())),
        *((f"Fingerprint, {name}", value) for name, value in certificate["fingerprints"].items()),
    ]


def _name(row: Record) -> str:
    return f"{row['scenario']} / {row['fault']} / {row['mode']}"
