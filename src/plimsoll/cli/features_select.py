"""``plimsoll features select``: which features of a model are worth learning from."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from plimsoll.lab.selection.run import SelectOutcome

PICTURE = "feature-selection.png"
RECORD = "feature-selection.json"

Strategy = Annotated[str, typer.Option("--strategy", "-s", help="A strategy with a model.")]
Userdir = Annotated[Path, typer.Option("--userdir", help="Freqtrade's user folder.")]
Config = Annotated[list[Path], typer.Option("--config", "-c", help="Config layers, in order.")]
Datadir = Annotated[Path | None, typer.Option("--datadir", help="Data folder of one exchange.")]
Timerange = Annotated[str, typer.Option("--timerange", help="Such as 20230101-20240101.")]
Windows = Annotated[int, typer.Option(help="Parts of the span, each measured by itself.")]
Folds = Annotated[int, typer.Option(help="Purged folds of each window.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same.")]
Out = Annotated[
    Path | None, typer.Option(help="Folder for picture and record; by default beside the model.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the record as JSON.")]


def select(
    strategy: Strategy,
    timerange: Timerange,
    config: Config,
    userdir: Userdir = Path("user_data"),
    datadir: Datadir = None,
    windows: Windows = 3,
    folds: Folds = 4,
    seed: Seed = 1,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Measure what each feature of a model is worth on rows that it has not learned from."""
    from plimsoll.lab.selection.run import SelectRequest, select_features, span_of

    start, end = span_of(timerange)
    request = SelectRequest(
        strategy=strategy,
        userdir=userdir,
        config=tuple(config),
        datadir=userdir / "data" / "binance" if datadir is None else datadir,
        start=start,
        end=end,
        windows=windows,
        folds=folds,
        seed=seed,
    )
    outcome = select_features(request, lambda text: typer.echo(text, err=True))
    if as_json:
        typer.echo(json.dumps(outcome.record, indent=1))
    else:
        _show(outcome)
    folder = userdir / "models" / outcome.record["identifier"] if out is None else out
    typer.echo(f"Written to {write(outcome, folder)}", err=as_json)


def write(outcome: "SelectOutcome", folder: Path) -> Path:
    """Write picture and record into a folder; return the picture."""
    from plimsoll.reporting.selection_figure import Worth, selection_png

    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_text(json.dumps(outcome.record, indent=1), encoding="utf-8")
    picture = selection_png(
        [
            Worth(one.name, one.permutation, one.by_window, one.kept)
            for one in outcome.selection.features
        ],
        outcome.selection.shadow,
        title=f"What the features of {outcome.record['strategy']} are worth",
        subtitle=_span_text(outcome.record),
    )
    file = folder / PICTURE
    file.write_bytes(picture)
    return file


def _span_text(record: dict[str, Any]) -> str:
    first, last = record["span"]
    stability = record["stability"]
    agree = "" if stability is None else f", rank correlation between windows {stability:.2f}"
    return (
        f"{', '.join(record['pairs'])}, {record['timeframe']}, {first} to {last}, "
        f"{record['windows']} windows of {record['folds']} folds{agree}"
    )


def _show(outcome: "SelectOutcome") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title=f"FEATURES OF {outcome.record['strategy'].upper()}")
    for name in ("Feature", "Log loss, 1/1000", "SHAP", "Above shadows", "Kept"):
        table.add_column(name, justify="left" if name == "Feature" else "right")
    for one in outcome.selection.features:
        table.add_row(
            one.name,
            f"{one.permutation * 1_000:+.2f}",
            f"{one.shap_share:.1%}",
            f"{one.above_shadows:.0%}",
            "yes" if one.kept else "no",
        )
    Console().print(table)
    kept = sum(one.kept for one in outcome.selection.features)
    typer.echo(f"{kept} of {len(outcome.selection.features)} kept. {_span_text(outcome.record)}")
