"""``plimsoll repriced-results``: what remains of every shipped result, as a page and a picture."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plimsoll.lab.repriced_studies import RepricedFindings

PICTURE = Path("images") / "repriced-results.png"
OFF, BOTH = "off", "both"


def repriced_results(
    datadir: Annotated[Path, typer.Option(help="Freqtrade data folder with real candles.")],
    out: Annotated[
        Path, typer.Option(help="The page to write; its picture goes into images/ next to it.")
    ] = Path("docs/repriced-results.md"),
    keep: Annotated[
        Path, typer.Option(help="Where backtests are kept; by default those of plimsoll results.")
    ] = Path("out/results"),
    only: Annotated[
        str | None, typer.Option(help="Run only this strategy's study and print its tables.")
    ] = None,
    guards: Annotated[
        str, typer.Option(help="Which backtests: off, on, or both.", show_default=True)
    ] = BOTH,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Backtest all shipped strategies as `plimsoll results` does and price every fill.

    Takes about half an hour on two cores, or minutes where `plimsoll results` has kept its own.
    """
    from plimsoll.cli.places import made_folder
    from plimsoll.cli.repriced_page import page, tables
    from plimsoll.cli.results import BACKTESTS
    from plimsoll.core import UsageError
    from plimsoll.execution.settings import ExecutionSettings
    from plimsoll.lab.repriced_studies import reprice_studies
    from plimsoll.lab.study import GUARDINGS, STUDIES

    datadir = datadir.expanduser().resolve()
    if not datadir.is_dir():
        raise UsageError(f"expected a Freqtrade data folder at --datadir, found none at {datadir}")
    chosen = [study for study in STUDIES if only in (None, *study.strategies, *study.baselines)]
    if not chosen:
        known = ", ".join(name for study in STUDIES for name in study.strategies)
        raise UsageError(f"expected --only to be one of {known}; found {only}")
    guardings = [guarding for guarding in GUARDINGS if guards in (BOTH, guarding.name)]
    if not guardings:
        raise UsageError(f"expected --guards to be off, on or both; found {guards}")
    picture = out.parent / PICTURE
    if only is None:
        made_folder(picture.parent, "--out")
    began = time.monotonic()

    def tell(text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        typer.echo(f"{minutes:3d}:{seconds:02d}  {text}", err=True)

    settings = ExecutionSettings()
    kept = keep.expanduser().resolve() / BACKTESTS
    findings = reprice_studies(chosen, datadir, kept, settings, tell, guardings=guardings)
    if as_json:
        typer.echo(json.dumps(_record(findings)))
    if only is None:
        picture.write_bytes(_draw(findings))
        out.write_text(page(findings, settings, PICTURE.as_posix()), encoding="utf-8")
        typer.echo(f"written: {out}, {picture}", err=True)
    elif not as_json:
        typer.echo(tables(findings.rows))


def _record(findings: "RepricedFindings") -> list[dict[str, object]]:
    from plimsoll.cli.reprice import record

    return [
        {
            "guards": row.guarding,
            "sizes": {size: record(one) for size, one in row.sizes.items()},
            "before": row.before.as_record(),
            "after": row.after.as_record(),
        }
        for row in findings.rows
    ]


def _draw(findings: "RepricedFindings") -> bytes:
    from plimsoll.reporting.reprice_page import waterfall
    from plimsoll.reporting.waterfall import waterfalls_png

    guarding = OFF if any(row.guarding == OFF for row in findings.rows) else "on"
    falls = [
        waterfall(row.strategy, row.repriced.bill)
        for row in findings.rows
        if row.guarding == guarding
    ]
    return waterfalls_png(
        falls,
        title="From the backtest's profit to what the market offered",
        subtitle=f"Guards {guarding}, 100,000 USDT at the start: what each cause gave or took",
    )
