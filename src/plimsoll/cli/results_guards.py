"""What the guards bought and what they cost: each strategy with guards off and on, by its worst."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from plimsoll.cli.results_cells import code, percent

if TYPE_CHECKING:
    from plimsoll.lab.study_rows import StudyRow
    from plimsoll.reporting.results_figure import Bar

TEXT = """
## What the guards bought

Each account with guards off and on. The worst day and the worst month are returns of calendar days
and months (UTC), open positions included; a month that began or ended within the span counts. A
guard that halts an account early leaves it flat: its worst month is then small because nothing was
traded, and the return says what that cost.

![Worst day, worst month and drawdown of each strategy, guards off and on]({picture})
"""

READING = (
    "Of {count} strategies the guards made the drawdown smaller for {drawdown}, the worst month "
    "for {month} and the worst day for {day}; the return was higher for {total}."
)


@dataclass(frozen=True, eq=False)
class Twin:
    """One strategy's account with guards off and the same with guards on."""

    strategy: str
    off: "StudyRow"
    on: "StudyRow"


def twins(rows: "Sequence[StudyRow]") -> list[Twin]:
    """Return the strategies that ran both ways, in the order of the rows."""
    on = {row.strategy: row for row in rows if row.guarding == "on"}
    return [
        Twin(row.strategy, row, on[row.strategy])
        for row in rows
        if row.guarding == "off" and row.strategy in on
    ]


def bought(rows: "Sequence[StudyRow]", picture: str) -> str:
    """Return the section; empty when no strategy ran both ways."""
    both = twins(rows)
    if not both:
        return ""
    measures = ["worst day", "worst month", "drawdown", "return"]
    titles = ["strategy", *(f"{name}, {side}" for name in measures for side in ("off", "on"))]
    titles.append("days halted")
    lines = ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles)]
    better = dict.fromkeys(measures, 0)
    for twin in both:
        cells = [code(twin.strategy)]
        for name, off, on in _measures(twin):
            cells += [percent(off), percent(on)]
            better[name] += round(on, 3) > round(off, 3)
        cells.append(f"{twin.on.days_halted:,.0f}")
        lines.append("| " + " | ".join(cells) + " |")
    said = READING.format(
        count=len(both),
        drawdown=better["drawdown"],
        month=better["worst month"],
        day=better["worst day"],
        total=better["return"],
    )
    return "\n".join([TEXT.format(picture=picture), *lines, "", said])


def bars(rows: "Sequence[StudyRow]") -> "list[tuple[str, list[Bar]]]":
    """Return what the picture shows: for each measure, a bar for each strategy."""
    from plimsoll.reporting.results_figure import Bar

    panels: dict[str, list[Bar]] = {}
    for twin in twins(rows):
        for name, off, on in _measures(twin):
            if name != "return":
                panels.setdefault(name, []).append(Bar(twin.strategy, off, on))
    return list(panels.items())


def _measures(twin: Twin) -> Iterator[tuple[str, float, float]]:
    """Yield name and value, guards off and on; a drawdown is negative here, as the others are."""
    from plimsoll.performance.worst import worst_day, worst_month

    off, on = twin.off, twin.on
    yield "worst day", worst_day(off.equity), worst_day(on.equity)
    yield "worst month", worst_month(off.equity), worst_month(on.equity)
    yield (
        "drawdown",
        -off.performance.max_drawdown_fraction,
        -on.performance.max_drawdown_fraction,
    )
    yield (
        "return",
        off.performance.total_return_fraction,
        on.performance.total_return_fraction,
    )
