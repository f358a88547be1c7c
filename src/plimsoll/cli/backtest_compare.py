"""``plimsoll backtest-compare``: the same backtest without guards and with them, side by side."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.table import Table

    from plimsoll.lab.backtest_compare import Comparison, Figures

FREQTRADES_OWN = {"allow_extra_args": True, "ignore_unknown_options": True}
"""What is not ours is freqtrade's, as it is."""


def backtest_compare(
    context: typer.Context,
    observe: Annotated[
        bool, typer.Option("--observe", help="Run it with guards that only observe, too.")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(help="Folder for the results; by default one among the backtest results."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Run freqtrade backtesting without guards and with them, and compare.

    All other arguments go to freqtrade backtesting as they are: -c, --strategy, --timerange.
    """
    from rich.console import Console

    from plimsoll.lab.backtest_compare import compare_guards

    with _progress() as say:
        compared = compare_guards(
            context.args, observe=observe, keep=keep and keep.expanduser().resolve(), say=say
        )
    if as_json:
        typer.echo(json.dumps([_record(one) for one in compared], indent=4))
        return
    console = Console()
    for one in compared:
        console.print(_table(one))
        console.print(_cost_words(one), markup=False, highlight=False, soft_wrap=True)
        for told in _acts(one):
            console.print(told, markup=False, highlight=False, soft_wrap=isinstance(told, str))
    folder = next(iter(compared[0].files.values())).parent.parent
    typer.echo(f"results and logs kept in {folder}", err=True)
    typer.echo(f"Next: {compared[0].report}")


@contextmanager
def _progress() -> "Iterator[Callable[[str], object]]":
    """Show what is running and for how long; one line for each run where no bar can be drawn."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda text: typer.echo(text, err=True)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda text: bar.reset(task, description=text, total=None)


def _table(compared: "Comparison") -> "Table":
    from rich.table import Table

    table = Table(title=f"{compared.strategy}: GUARDS OFF AND ON")
    table.add_column("Figure", justify="left")
    names = list(compared.figures)
    for name in names:
        table.add_column(f"guards: {name}", justify="right")
    rows = [_cells(compared.figures[name]) for name in names]
    for figure in rows[0]:
        table.add_row(figure, *(cells[figure] for cells in rows))
    return table


def _acts(compared: "Comparison") -> "Iterator[Table | str]":
    """Yield what enforced guards did: a table by rule, then the sentences of halts."""
    from rich.table import Table

    from plimsoll.performance.guard_words import guard_sentences, guard_table

    if compared.acts is None:
        return
    if (acts := guard_table(compared.acts, compared.strategy)) is not None:
        table = Table(title=acts.title)
        for number, header in enumerate(acts.headers):
            table.add_column(header, justify="right" if number else "left")
        for row in acts.rows:
            table.add_row(*row)
        yield table
    yield from guard_sentences(compared.acts, compared.strategy)


def _cells(figures: "Figures") -> dict[str, str]:
    return {
        "Trades": f"{figures.trades:,}",
        "Profit": f"{figures.profit_usd:,.2f} ({_percent(figures.profit_fraction)})",
        "Worst drawdown": _percent(-figures.worst_drawdown_fraction),
        "Worst day": _percent(figures.worst_day_fraction),
        "Worst month": _percent(figures.worst_month_fraction),
        "Days halted": _counted(figures.days_halted),
        "Entries denied": _counted(figures.entries_denied),
        "Stakes cut": _counted(figures.stakes_cut),
        "Positions closed": _counted(figures.positions_closed),
    }


def _cost_words(compared: "Comparison") -> str:
    cost = compared.cost
    return (
        f"The guards saved {cost.saved_usd:,.2f} of losses and gave up {cost.forgone_usd:,.2f} of "
        f"profits; trades that only they made room for added {cost.other_usd:,.2f}. Net "
        f"{cost.net_usd:+,.2f}: {cost.not_taken:,} trades were not taken, {cost.only_guarded:,} "
        "were new."
    )


def _percent(fraction: float) -> str:
    return f"{fraction * 100 + 0.0:.2f} %"


def _counted(count: float | None) -> str:
    return "-" if count is None else f"{count:,.0f}"


def _record(compared: "Comparison") -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "strategy": compared.strategy,
        "figures": {name: asdict(one) for name, one in compared.figures.items()},
        "cost": {**asdict(compared.cost), "net_usd": compared.cost.net_usd},
        "files": {name: str(file) for name, file in compared.files.items()},
    }
