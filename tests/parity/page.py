"""``docs/parity-results.md``, written from the rows of a run."""

from collections.abc import Sequence
from pathlib import Path

from freqtrade import __version__ as freqtrade_version

from plimsoll.lab.parity_matrix import GOAL_FRACTION, Row
from plimsoll.parity import CAUSES, Cause
from tests.parity.entrants import LEFT_OUT

HEAD = """# Parity of the strategies

<!-- Written by `make parity` from what it ran. Do not edit by hand. -->

Each strategy twice over the same real market: a backtest by the plain `freqtrade` command, with
`--timeframe-detail` (seconds below candles of an hour, else minutes), and a replay of the real bot
on the simulated exchange. The candles of the backtest are downloaded from that very exchange.
Market orders, a fixed stake, a slot for every pair, no spread, guards as shipped. How to read it:
[parity](parity.md).

"Differ" is what trades differ by, each without its sign, over what trades made or lost, each
without its sign: a trade that made too much and one that made too little do not cancel. "Net" is
the difference of both profits over that of the backtest. The goal is {goal:.1%} for "differ".

```bash
make parity DATA=folder    # all of this page; rows that are finished are kept
```

"""


def write_page(rows: Sequence[Row], docs: Path, missing: Sequence[str] = ()) -> None:
    """Write the page from every row, those that failed as well; ``missing`` were never run."""
    (docs / "parity-results.md").write_text(page(rows, missing), encoding="utf-8")


def page(rows: Sequence[Row], missing: Sequence[str] = ()) -> str:
    """Return the page's text."""
    text = HEAD.format(goal=GOAL_FRACTION)
    for span in dict.fromkeys(row.span for row in rows):
        of_span = [row for row in rows if row.span == span]
        text += f"## The {span} span\n\n{_table(of_span)}\n"
    seconds = sum(row.seconds for row in rows)
    held = sum(1 for row in rows if row.fraction is not None and row.fraction <= GOAL_FRACTION)
    judged = sum(1 for row in rows if row.fraction is not None)
    text += "## What differs, and why\n\n" + "".join(_why(row) for row in rows)
    text += "\n## What is not here\n\n"
    text += "".join(f"- `{name}`: {why}.\n" for name, why in LEFT_OUT.items())
    text += "".join(
        f"- `{row.strategy}`, {row.span}: did not run: {row.error}\n" for row in rows if row.error
    )
    if missing:
        text += f"- Not run yet: {'; '.join(missing)}.\n"
    text += (
        f"\n{held} of {judged} rows with trades are within the goal. {len(rows)} checks with "
        f"Freqtrade {freqtrade_version} took {seconds / 60:.0f} minutes.\n"
    )
    return text


def _table(rows: Sequence[Row]) -> str:
    text = (
        "| Strategy | Span | Candles | Trades A, B | Matched | A made | B made | Differ | Net "
        "| Unexplained | Days a minute |\n|---|---|---|---|---|---|---|---|---|---|---|\n"
    )
    for row in rows:
        if row.error:
            continue
        text += (
            f"| {row.strategy} | {row.begin} to {row.end} | {row.timeframe} "
            f"| {row.trades_a}, {row.trades_b} | {row.matched} | {row.profit_a:.2f} "
            f"| {row.profit_b:.2f} | {_percent(row.fraction)} | {_percent(row.net_fraction)} "
            f"| {row.unexplained + 0.0:.2f} | {row.days_a_minute:.1f} |\n"
        )
    return text


def _why(row: Row) -> str:
    causes = [
        (CAUSES[Cause(name)].title.lower(), amount)
        for name, amount in (row.causes or {}).items()
        if abs(amount) >= 0.005
    ]
    if row.fraction is None or row.fraction <= GOAL_FRACTION or not causes:
        return ""
    told = "; ".join(f"{title} {amount:+.2f}" for title, amount in causes)
    if row.apart_fraction is not None:
        told += f". Its other trades differ by {_percent(row.apart_fraction)}"
    return f"- `{row.strategy}`, {row.span}: {told}.\n"


def _percent(fraction: float | None) -> str:
    return "–" if fraction is None else f"{fraction * 100:.2f} %"
