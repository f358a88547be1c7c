"""``plimsoll results``: all strategies on real data, as a page of figures and a picture."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plimsoll.lab.study import Findings, StudyRow

PICTURE = Path("images") / "results-equity.png"
GUARDS_PICTURE = Path("images") / "results-guards.png"
TRIALS = Path("research") / "trials.csv"


def results(
    datadir: Annotated[Path, typer.Option(help="Freqtrade data folder with real candles.")],
    out: Annotated[
        Path, typer.Option(help="The page to write; its picture goes into images/ next to it.")
    ] = Path("docs/results.md"),
    only: Annotated[
        str | None,
        typer.Option(help="Run only this strategy's study and print its table."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Backtest all strategies on real data with costs and funding, and write the results page.

    The data folder needs 1h candles, mark and funding of BTC, ETH, SOL, XRP, ADA and LTC from
    2022-01 to 2025-06; spot candles of the first four for BasisReversion, open interest of the
    first three from 2024-06-20 to 08-18 for OpenInterestFlow. With --only, what its study needs.
    What is not there is named with the command that gets it.
    """
    from plimsoll.archive.layout import require_outer
    from plimsoll.cli.places import made_folder
    from plimsoll.cli.results_page import page, read_trials, table
    from plimsoll.core import UsageError
    from plimsoll.lab.study import BALANCE_USD, STUDIES, run_studies

    datadir = datadir.expanduser().resolve()
    if not datadir.is_dir():
        raise UsageError(f"expected a Freqtrade data folder at --datadir, found none at {datadir}")
    require_outer(datadir)
    chosen = [study for study in STUDIES if only in (None, *study.strategies, *study.baselines)]
    if not chosen:
        known = ", ".join(name for study in STUDIES for name in study.strategies)
        raise UsageError(f"expected --only to be one of {known}; found {only}")
    picture, guards_picture = out.parent / PICTURE, out.parent / GUARDS_PICTURE
    if only is None:
        for file in (
            out,
            picture,
            guards_picture,
        ):  # what cannot be written fails now, not after the runs
            made_folder(file.parent, "--out")
            file.open("ab").close()
    began = time.monotonic()
    findings = run_studies(chosen, datadir, _Progress(began))
    if as_json:
        typer.echo(json.dumps(_record(findings)))
    if only is None:
        picture.write_bytes(_draw(findings))
        guards_picture.write_bytes(_draw_guards(findings))
        text = page(
            findings,
            picture=PICTURE.as_posix(),
            guards_picture=GUARDS_PICTURE.as_posix(),
            trials=read_trials(out.parent / TRIALS),
            balance=BALANCE_USD,
        )
        out.write_text(text, encoding="utf-8")
        typer.echo(f"written: {out}, {picture}, {guards_picture}", err=True)
    elif not as_json:
        typer.echo(table(findings.rows))


class _Progress:
    """Print what is running, with the time since the start."""

    def __init__(self, began: float) -> None:
        self._began = began

    def __call__(self, text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        typer.echo(f"{minutes:3d}:{seconds:02d}  {text}", err=True)


def _record(findings: "Findings") -> dict[str, object]:
    return {
        "costs_bps": findings.costs_bps,
        "code_fingerprint": findings.code_fingerprint,
        "freqtrade_version": findings.freqtrade_version,
        "rows": [_row_record(row) for row in findings.rows],
    }


def _row_record(row: "StudyRow") -> dict[str, object]:
    from plimsoll.performance.worst import worst_day, worst_month

    halt = row.halt and {"rule": row.halt.rule, "at": row.halt.at.isoformat()}
    return {
        "study": row.study.name,
        "timerange": row.study.timerange,
        "pairs": row.study.pairs,
        "strategy": row.strategy,
        "guards": row.guarding,
        "halt": halt,
        "years": row.years,
        "days_halted": row.days_halted,
        "worst_day_fraction": worst_day(row.equity),
        "worst_month_fraction": worst_month(row.equity),
        "out_of_sample": row.check and row.check.as_record(),
        **row.performance.as_record(),
    }


def _draw(findings: "Findings") -> bytes:
    """Draw one panel with guards on and one with guards off; baselines are in both."""
    from plimsoll.reporting.drawing import Curve
    from plimsoll.reporting.results_figure import Panel, results_png

    baselines = [
        Curve(row.strategy, row.equity, is_hold=True) for row in findings.rows if row.is_baseline
    ]
    panels = []
    for guarding in dict.fromkeys(row.guarding for row in findings.rows):
        rows = [row for row in findings.rows if row.guarding == guarding and not row.is_baseline]
        panels.append(
            Panel(
                f"Guards {guarding}",
                [*(Curve(row.strategy, row.equity) for row in rows), *baselines],
                {row.strategy: row.halt.at for row in rows if row.halt is not None},
            )
        )
    return results_png(
        panels,
        title="All strategies on real data, after all costs",
        subtitle="Binance USD-M perpetuals, marked to market each hour; a cross: account halted",
    )


def _draw_guards(findings: "Findings") -> bytes:
    """Draw the worst of each strategy with guards off and on."""
    from plimsoll.cli.results_guards import bars
    from plimsoll.reporting.results_figure import guards_png

    return guards_png(
        bars(findings.rows),
        title="What the guards bought",
        subtitle="The worst of each account, guards off and on; Binance USD-M perpetuals, "
        "after all costs",
    )
