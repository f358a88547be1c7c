"""``plimsoll monte-carlo``: what luck could have made of a strategy."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from plimsoll.lab.monte_carlo.run import MonteCarloOutcome

Runs = Annotated[int, typer.Option(help="Runs of each kind.")]
KindName = Annotated[str, typer.Option("--kind", help="What is drawn: signals, candles or both.")]
BlockDays = Annotated[float, typer.Option(help="Mean days of a block that stays together.")]
Seed = Annotated[int | None, typer.Option(help="The same seed draws the same.")]
Workers = Annotated[int | None, typer.Option(help="Processes at once; by default one a processor.")]
Out = Annotated[Path | None, typer.Option(help="Folder for the page (HTML) and its picture (PNG).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the record as JSON.")]

NAMES = {
    "sharpe": "Sharpe a year",
    "total_return_fraction": "Return",
    "drawdown_fraction": "Deepest fall",
}


def monte_carlo(
    context: typer.Context,
    runs: Runs = 200,
    kind: KindName = "both",
    block_days: BlockDays = 10.0,
    seed: Seed = None,
    workers: Workers = None,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Shuffle a strategy's signals, and draw its market's days anew.

    All other arguments are those of freqtrade backtesting: -c, --strategy, --timerange, …
    """
    from plimsoll.core import UsageError
    from plimsoll.lab.monte_carlo.run import Kind, MonteCarloRequest
    from plimsoll.lab.monte_carlo.run import monte_carlo as run_monte_carlo
    from plimsoll.performance.bootstrap import SEED

    if kind not in set(Kind):
        raise UsageError(f"expected --kind {', '.join(Kind)}, found {kind}")
    request = MonteCarloRequest(
        arguments=tuple(context.args),
        runs=runs,
        kind=Kind(kind),
        block_days=block_days,
        seed=SEED if seed is None else seed,
        workers=workers,
    )
    outcome = run_monte_carlo(request, lambda text: typer.echo(text, err=True))
    if as_json:
        typer.echo(json.dumps({**outcome.record, "seconds": outcome.seconds}, indent=4))
    else:
        _show(outcome)
    if out is not None:
        from plimsoll.cli.monte_carlo_page import write_page

        typer.echo(f"Written to {write_page(outcome, out)}", err=as_json)


def figure_text(name: str, value: float) -> str:
    """Return a figure as people read it: a ratio, or a share in percent."""
    return f"{value:.2f}" if name == "sharpe" else f"{value:.1%}"


def signals_lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield what shuffled signals say of the real ones, in sentences."""
    told = record["signals"]
    real = told["real"]
    yield (
        f"Signals shuffled {told['runs']:,} times: the real ones have a Sharpe ratio of "
        f"{real['sharpe']:.2f} a year and make {real['total_return_fraction']:+.1%} in "
        f"{real['trades']:,} trades."
    )
    yield (
        f"At other moments they are as good with p = {told['p_sharpe']:.3g} by Sharpe ratio, "
        f"{told['p_profit']:.3g} by profit (at best {1 / (told['runs'] + 1):.3g})."
    )


def candles_lines(record: dict[str, Any]) -> Iterator[str]:
    """Yield what redrawn days say, in sentences; the table of figures is apart."""
    told = record["candles"]
    yield (
        f"Chance of a loss {told['chance_of_loss']:.0%}, of a fall beyond "
        f"{told['deep_fall_fraction']:.0%}: {told['chance_of_deep_fall']:.0%}, over "
        f"{told['runs']:,} histories of {told['days']} days in blocks of {told['block_days']:g}."
    )


def candles_rows(record: dict[str, Any]) -> Iterator[list[str]]:
    """Yield a row a figure: the real one, its place, and the quantiles."""
    for name, one in record["candles"]["measures"].items():
        values = [one["real"], *one["quantiles"].values()]
        real, *quantiles = [figure_text(name, value) for value in values]
        yield [NAMES[name], real, f"{one['place']:.0%}", *quantiles]


HEADER = ("", "Real", "Above", "5 %", "25 %", "Median", "75 %", "95 %")
"""Columns of `candles_rows`; "Above" is the share of redrawn histories with less."""


def _show(outcome: "MonteCarloOutcome") -> None:
    from rich.console import Console
    from rich.table import Table

    record = outcome.record
    if "signals" in record:
        for line in signals_lines(record):
            typer.echo(line)
    if "candles" in record:
        table = Table(title=f"DAYS OF {record['strategy'].upper()}'S MARKET DRAWN ANEW")
        for name in HEADER:
            table.add_column(name, justify="left" if not name else "right")
        for row in candles_rows(record):
            table.add_row(*row)
        Console().print(table)
        for line in candles_lines(record):
            typer.echo(line)
    typer.echo(f"{outcome.seconds:.1f} s")
