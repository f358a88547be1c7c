"""``plimsoll calibrate``: how often the sandbox gate opens for a strategy on made markets."""

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from plimsoll.lab.calibration.own import CalibrationOutcome, Measured

MOST_WRONG = 0.05
"""So often a gate may open without an edge: its bounds hold with 95 %."""

Markets = Annotated[int, typer.Option(min=1, help="How many markets of each kind.")]
Windows = Annotated[int, typer.Option(min=1, help="Windows of each walk-forward.")]
TrainDays = Annotated[int, typer.Option(min=30, help="Days that each window trains on.")]
TestDays = Annotated[int, typer.Option(min=1, help="Days that each window tests on.")]
Trend = Annotated[
    list[float] | None,
    typer.Option(help="Plant trends: the yearly Sharpe ratio of who knows them; repeatable."),
]
Reversion = Annotated[
    list[float] | None, typer.Option(help="Plant reversions, in the same measure; repeatable.")
]
MemoryHours = Annotated[float, typer.Option(min=1.0, help="How long a planted edge lasts.")]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Markets at once; by default one a processor.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the outcome and every row as JSON.")]


def calibrate(
    context: typer.Context,
    markets: Markets = 100,
    windows: Windows = 3,
    train_days: TrainDays = 548,
    test_days: TestDays = 487,
    trend: Trend = None,
    reversion: Reversion = None,
    memory_hours: MemoryHours = 240.0,
    seed: Annotated[int, typer.Option(min=0, help="Of all markets.")] = 1,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Measure how often the sandbox gate opens for a strategy on made markets.

    It is optimised on markets without an edge, and on those with a planted one, and judged on the
    days after. All other arguments are those of freqtrade hyperopt. What was killed goes on.
    """
    from plimsoll.lab.calibration.edge import Edge
    from plimsoll.lab.calibration.own import CalibrationRequest, calibrate_own
    from plimsoll.lab.calibration.plan import Cut

    planted = [*(trend or ()), *(-one for one in reversion or ())]
    request = CalibrationRequest(
        arguments=tuple(context.args),
        markets=markets,
        cut=Cut(windows, train_days, test_days),
        edges=tuple(Edge(one, memory_hours) for one in planted),
        seed=seed,
        workers=workers,
    )
    outcome = calibrate_own(request, lambda text: typer.echo(text, err=True))
    if as_json:
        typer.echo(json.dumps(record_of(outcome), indent=4))
    else:
        _show(outcome)
    if outcome.measured[0].share.low > MOST_WRONG:
        raise typer.Exit(1)


def record_of(outcome: "CalibrationOutcome") -> dict[str, Any]:
    """Return what ``--json`` prints."""
    return {
        "strategy": outcome.strategy,
        "slower": outcome.slower,
        "measured": [_measured(one) for one in outcome.measured],
        "file": str(outcome.file),
        "rows": list(outcome.rows),
    }


def _measured(one: "Measured") -> dict[str, Any]:
    share = one.share
    return {
        "edge": None
        if one.edge is None
        else {
            "sharpe": one.edge.sharpe,
            "memory_hours": one.edge.memory_hours,
            "daily_information_coefficient": one.edge.daily,
        },
        "markets": share.count,
        "opened": share.passed,
        "share": share.value,
        "low": share.low,
        "high": share.high,
        "mean_sharpe": one.sharpe,
        "mean_sharpe_error": one.sharpe_error if share.count > 1 else None,
    }


def _show(outcome: "CalibrationOutcome") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"THE SANDBOX GATE FOR {outcome.strategy.upper()}")
    for name in ("Edge", "Information a day", "Markets", "Mean Sharpe", "Gate opened"):
        table.add_column(name, justify="left" if name == "Edge" else "right")
    for one in outcome.measured:
        edge = one.edge
        kind = "trend" if edge is not None and edge.sharpe > 0 else "reversion"
        table.add_row(
            "none" if edge is None else f"{kind} of {edge.memory_hours:g} h",
            "-" if edge is None else f"{abs(edge.daily):.3f}",
            f"{one.share.count:,}",
            f"{one.sharpe:.2f}",
            one.share.words(),
        )
    Console().print(table)
    if outcome.slower is not None:
        typer.echo(f"Not in the compiled loop: {outcome.slower}")
    typer.echo(f"Intervals hold the true share with 95 %. Rows: {outcome.file}")
