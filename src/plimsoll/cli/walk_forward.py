"""``plimsoll walk-forward``: search each window, trade what was found on the days after it."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from plimsoll.lab.walk_forward.run import WalkOutcome


Windows = Annotated[
    int | None, typer.Option(min=1, help="How many windows; by default 6, or as many as fit.")
]
TrainDays = Annotated[float | None, typer.Option(help="Days that each window trains on.")]
TestDays = Annotated[float | None, typer.Option(help="Days that each window tests on.")]
TrainTests = Annotated[
    float, typer.Option(help="Length of a training in tests, without --train-days.")
]
Anchored = Annotated[
    bool, typer.Option("--anchored", help="Train on everything from the beginning.")
]
PurgeDays = Annotated[
    float, typer.Option(min=0, help="Days left out before a test: as long as a trade lasts.")
]
EmbargoDays = Annotated[
    float, typer.Option(min=0, help="Further days left out: what the market remembers.")
]
Paths = Annotated[
    bool | None,
    typer.Option("--paths/--no-paths", help="Cross-validate; by default in the fast lane."),
]
Groups = Annotated[int, typer.Option(min=2, help="Groups of days of the paths.")]
Tested = Annotated[int, typer.Option(min=1, help="Groups that a split of them tests.")]
PathTrials = Annotated[
    int, typer.Option(min=2, help="Most parameter sets that are traded over the whole span.")
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Windows at once; by default one a processor.")
]
ConfirmTraining = Annotated[
    bool,
    typer.Option(
        "--confirm-training",
        help="Have Freqtrade trade each winner on its training days too, not on the tests alone.",
    ),
]
Out = Annotated[Path | None, typer.Option(help="Folder for the page (HTML) and its picture (PNG).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the record as JSON.")]


def walk_forward(
    context: typer.Context,
    windows: Windows = None,
    train_days: TrainDays = None,
    test_days: TestDays = None,
    train_tests: TrainTests = 3.0,
    anchored: Anchored = False,
    purge_days: PurgeDays = 0.0,
    embargo_days: EmbargoDays = 0.0,
    paths: Paths = None,
    groups: Groups = 8,
    tested: Tested = 2,
    path_trials: PathTrials = 120,
    workers: Workers = None,
    confirm_training: ConfirmTraining = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Search parameters window by window, and trade them on the days after.

    All other arguments are those of freqtrade hyperopt: -c, --strategy, --timerange, --spaces,
    --hyperopt-loss, --epochs (for each window), --random-state. What was killed goes on.
    """
    from plimsoll.lab.walk_forward.plan import WindowRequest
    from plimsoll.lab.walk_forward.run import PathRequest, WalkRequest
    from plimsoll.lab.walk_forward.run import walk_forward as run_walk_forward
    from plimsoll.performance.windows import WindowKind

    request = WalkRequest(
        arguments=tuple(context.args),
        cut=WindowRequest(
            windows=windows,
            train_days=train_days,
            test_days=test_days,
            train_tests=train_tests,
            kind=WindowKind.ANCHORED if anchored else WindowKind.ROLLING,
            purge_days=purge_days,
            embargo_days=embargo_days,
        ),
        paths=PathRequest(paths, groups, tested, path_trials),
        workers=workers,
        confirm_training=confirm_training,
    )
    outcome = run_walk_forward(request, lambda text: typer.echo(text, err=True))
    if as_json:
        typer.echo(json.dumps(record_of(outcome), indent=4))
    else:
        _show(outcome)
    page = None
    if out is not None:
        from plimsoll.cli.walk_forward_page import write_page

        page = write_page(outcome, out)
        typer.echo(f"Written to {page}", err=as_json)
    _track(outcome, context.args, page)
    if not all(window["confirmed"] for window in outcome.record["windows"]):
        raise typer.Exit(1)


def _track(outcome: "WalkOutcome", arguments: list[str], page: "Path | None") -> None:
    from plimsoll.cli.tracked import track_outcome

    told = outcome.record["out_of_sample"]
    numbers = {name: value for name, value in told.items() if isinstance(value, int | float)}
    track_outcome(
        "walk-forward",
        arguments,
        {name: value for name, value in outcome.record.items() if name != "out_of_sample"},
        metrics={**numbers, "trials": outcome.record["trials"], "seconds": outcome.seconds},
        files=[outcome.evidence_file, outcome.record["result_file"], page],
    )


def record_of(outcome: "WalkOutcome") -> dict[str, Any]:
    """Return what ``--json`` prints."""
    from dataclasses import asdict

    return {
        **outcome.record,
        "paths": outcome.paths_record,
        "stability": [asdict(one) for one in outcome.stability],
        "evidence_file": str(outcome.evidence_file),
        "seconds": outcome.seconds,
    }


def _show(outcome: "WalkOutcome") -> None:
    from rich.console import Console
    from rich.table import Table

    record, console = outcome.record, Console()
    table = Table(title=f"WALK-FORWARD OF {record['strategy'].upper()}")
    for name in ("Test", "Sharpe in training", "Sharpe in test", "Return", "Trades", "Confirmed"):
        table.add_column(name, justify="left" if name == "Test" else "right")
    for window in record["windows"]:
        first, end = (text[:10] for text in window["test"])
        table.add_row(
            f"{first} to {end}",
            _figure(window["train_sharpe"]),
            _figure(window["test_sharpe"]),
            f"{window['test_return_fraction']:.2%}",
            f"{window['trades']:,}",
            "yes" if window["confirmed"] else "NO",
        )
    console.print(table)
    told = record["out_of_sample"]
    typer.echo(
        f"Out of sample: {told['days']} days, {told['total_return_fraction']:+.2%}, Sharpe "
        f"{_figure(told['sharpe'])} a year, deepest fall {told['drawdown_fraction']:.2%}; "
        f"{record['trials']:,} trials, {record['trials_on_data']:,} on this data by now"
    )
    if (crossed := outcome.paths_record) is not None:
        sharpes = sorted(crossed["sharpes"])
        typer.echo(
            f"{len(sharpes)} paths of {crossed['trials']} trials: Sharpe {sharpes[0]:.2f} to "
            f"{sharpes[-1]:.2f}, median {sharpes[len(sharpes) // 2]:.2f}{_overfitting(crossed)}"
        )
    for one in outcome.stability:
        values = ", ".join(map(str, one.winners))
        typer.echo(
            f"{one.name}: {values} (steps of {one.step_fraction:.0%} of its range; by luck "
            f"{one.by_luck:.0%})"
        )
    typer.echo(f"{outcome.seconds:.1f} s. Next: freqtrade backtesting-show, or plimsoll report")
    typer.echo(f"  {record['result_file']}")


def _overfitting(crossed: dict[str, Any]) -> str:
    told = crossed["overfitting"]
    return "" if told is None else f"; probability of overfitting {told['probability']:.0%}"


def _figure(value: float | None) -> str:
    return "-" if value is None or value != value else f"{value:.2f}"
