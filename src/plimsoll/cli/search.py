"""``plimsoll search``: Freqtrade's hyperopt over the fast lane, resumable and shared."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from plimsoll.lab.search.run import SearchOutcome, Watcher
    from plimsoll.lab.search.worker import Told

FREQTRADES_OWN = {"allow_extra_args": True, "ignore_unknown_options": True}
"""What is not ours is freqtrade's, as it is."""


def search(
    context: typer.Context,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Local processes; by default -j, or one for each processor."),
    ] = None,
    storage: Annotated[
        str | None,
        typer.Option(
            help="Where trials are kept: a file, sqlite:///FILE or postgresql://USER@HOST/DB; by "
            "default a file in the user folder."
        ),
    ] = None,
    study: Annotated[
        str | None,
        typer.Option(help="Name of the search; by default one that says what decides it."),
    ] = None,
    dask: Annotated[
        str | None,
        typer.Option(help="Address of a Dask scheduler whose workers run the epochs: tcp://…"),
    ] = None,
    export: Annotated[
        bool, typer.Option("--export", help="Write the winner beside the strategy, for Freqtrade.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")] = False,
) -> None:
    """Search parameters as freqtrade hyperopt does, by the fast lane, and go on after a kill.

    All other arguments are those of freqtrade hyperopt: -c, --strategy, --timerange, --spaces,
    --hyperopt-loss, --epochs, --random-state. The winner is run again by Freqtrade itself.
    """
    from plimsoll.lab.search.run import SearchRequest
    from plimsoll.lab.search.run import search as run_search

    request = SearchRequest(
        arguments=tuple(context.args),
        workers=workers,
        storage=storage,
        study=study,
        dask=dask,
        export=export,
    )
    with _watching() as watcher:
        outcome = run_search(request, watcher)
    if as_json:
        typer.echo(json.dumps(record_of(outcome), indent=4))
    else:
        _show(outcome)
    _track(outcome, request.arguments)
    if outcome.confirmation is not None and not outcome.confirmation.confirmed:
        raise typer.Exit(1)


def _track(outcome: "SearchOutcome", arguments: Sequence[str]) -> None:
    from plimsoll.cli.tracked import track_outcome

    best = (outcome.details or {}).get("results_metrics", {})
    names = ("sharpe", "sortino", "calmar", "profit_total", "max_drawdown_account", "total_trades")
    track_outcome(
        "tuning",
        arguments,
        {"params": (outcome.details or {}).get("params_details") or {}},
        metrics={
            "best_loss": outcome.best_loss,
            "epochs": outcome.epochs,
            "trials_on_data": outcome.trials_on_data,
            "seconds": outcome.seconds,
            **{name: best.get(name) for name in names},
        },
        files=[outcome.exported],
    )


@contextmanager
def _watching() -> "Iterator[Watcher]":
    """Show the rate and the best epoch; one line for each better epoch where no bar is drawn."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from plimsoll.lab.search.run import Watcher

    console = Console(stderr=True)
    tally = _Tally()

    def plain(told: "Told") -> None:
        if tally.add(told):
            typer.echo(tally.words(), err=True)

    if not console.is_terminal:
        yield Watcher(say=lambda text: typer.echo(text, err=True), epoch=plain)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("loading", total=None)

        def drawn(told: "Told") -> None:
            tally.add(told)
            bar.update(task, description=tally.words())

        yield Watcher(say=lambda text: console.print(text, highlight=False), epoch=drawn)


class _Tally:
    """Counts epochs, and remembers the best of this run."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._epochs = 0
        self._best: Told | None = None

    def add(self, told: "Told") -> bool:
        """Count an epoch; return whether it is the best by now."""
        if not self._epochs:
            self._began = time.perf_counter()
        self._epochs += 1
        better = self._best is None or told.loss < self._best.loss
        if better:
            self._best = told
        return better

    def words(self) -> str:
        """Return where the search is, in a line."""
        best, seconds = self._best, time.perf_counter() - self._began
        if best is None:
            return "no epoch yet"
        rate = f", {60 * (self._epochs - 1) / seconds:,.0f} a minute" if self._epochs > 1 else ""
        traded = "" if best.trades is None else f", {best.trades:,} trades"
        profit = "" if best.profit_fraction is None else f", {best.profit_fraction:+.2%}"
        return (
            f"{self._epochs:,} epochs{rate}; best is {best.number + 1}: loss {best.loss:.5g}"
            f"{traded}{profit}"
        )


def _show(outcome: "SearchOutcome") -> None:
    typer.echo(
        f"{outcome.epochs:,} epochs, {outcome.epochs_now:,} of them now in "
        f"{outcome.seconds:.1f} s ({outcome.epochs_a_minute:,.0f} a minute); "
        f"{outcome.trials_on_data:,} trials on this data by now"
    )
    if outcome.best_params is None:
        typer.echo("No epoch had enough trades: there is no winner.")
        return
    typer.echo(f"Best loss: {outcome.best_loss:.6g}")
    for space, values in (outcome.details or {}).get("params_details", {}).items():
        shown = ", ".join(f"{name} = {value}" for name, value in values.items())
        typer.echo(f"  {space}: {shown}")
    if (checked := outcome.confirmation) is not None:
        verdict = "the same" if checked.confirmed else "NOT THE SAME"
        typer.echo(
            f"Freqtrade's own backtest: {verdict}. Search {checked.search_hash}, "
            f"{checked.search_profit:+.8f}; Freqtrade {checked.freqtrade_hash}, "
            f"{checked.freqtrade_profit:+.8f}; {checked.trades:,} trades"
        )
    if outcome.exported is not None:
        typer.echo(f"Written to {outcome.exported}")


def record_of(outcome: "SearchOutcome") -> dict[str, Any]:
    """Return what ``--json`` prints."""
    from dataclasses import asdict

    checked = outcome.confirmation
    return {
        **{name: value for name, value in asdict(outcome).items() if name != "details"},
        "params": (outcome.details or {}).get("params_details"),
        "epochs_a_minute": outcome.epochs_a_minute,
        "confirmed": None if checked is None else checked.confirmed,
        "exported": None if outcome.exported is None else str(outcome.exported),
    }
