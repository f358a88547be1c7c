"""``plimsoll check``: does a feature, a guard or a strategy of yours keep the contracts?"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from plimsoll.lab.check import Checked


def check(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Python files with features, guards, strategies."),
    ],
    profile: Annotated[
        Path | None,
        typer.Option(metavar="LAYER", help="Risk layer that a portfolio's targets should fit."),
    ] = None,
    leaks: Annotated[
        bool, typer.Option("--leaks", help="Look for what strategies know of the future; minutes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Hold every feature, guard and strategy of FILE to the contracts that the shipped ones keep.

    The file is imported, so check only code that you would run. Guards are asked directly, on
    made-up accounts; strategies are loaded by Freqtrade and run on made-up candles. Of a portfolio
    it says how much of its targets there the risk profile lets it hold, by default the default one.

    With --leaks whole backtests of the strategies are run instead, with another future from several
    moments: columns, signals, stakes, stops, exits and fills before it must not change, and on
    prices that nobody can foretell nothing may be earned.

    Exit status: 0 when all contracts are kept, 1 when something fell short, 2 for wrong usage: no
    such file, one that cannot be imported, or nothing in it to check.
    """
    from plimsoll.lab.check import check_files

    with _progress(silent=as_json) as started:
        named = [file.expanduser() for file in files]
        checked = check_files(named, started, profile=profile, leaks=leaks)
    if as_json:
        typer.echo(json.dumps(_record(checked)))
    else:
        _tell(checked)
    raise typer.Exit(int(any(one.findings for one in checked)))


@contextmanager
def _progress(*, silent: bool) -> "Iterator[Callable[[str, int], None]]":
    """Show on a terminal which object is being checked."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=silent or not console.is_terminal
    ) as progress:
        task = progress.add_task("importing", total=None)
        done = 0

        def started(name: str, count: int) -> None:
            nonlocal done
            progress.update(task, description=name, total=count, completed=done)
            done += 1

        yield started


def _record(checked: "list[Checked]") -> dict[str, object]:
    return {
        "kept": not any(one.findings for one in checked),
        "objects": [
            {
                "file": str(one.file),
                "kind": one.kind,
                "name": one.name,
                "contracts": one.contracts,
                **({"note": one.note} if one.note else {}),
                "findings": [
                    {"contract": finding.contract, "text": finding.text} for finding in one.findings
                ],
            }
            for one in checked
        ],
    }


def _tell(checked: "list[Checked]") -> None:
    for one in checked:
        short = len(one.findings)
        verdict = f"{short} fell short" if short else f"keeps all {one.contracts} contracts"
        typer.echo(f"{one.kind} {one.name} ({one.file}): {verdict}")
        if one.note:
            typer.echo(f"  {one.note}")
        for finding in one.findings:
            typer.echo(f"  {finding.contract}\n    {finding.text}")
