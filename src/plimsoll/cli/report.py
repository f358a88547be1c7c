"""``plimsoll report``: turn a stored backtest into one HTML page and one PNG."""

import json
from pathlib import Path

import typer

DEFAULT_FOLDER = Path("user_data/backtest_results")
DEFAULT_OUT = Path("out")


def report(
    result: Path | None = typer.Argument(
        None,
        help="A backtest-result .zip or the folder that holds it (its last one). "
        f"[default: {DEFAULT_FOLDER}]",
        show_default=False,
    ),
    datadir: Path | None = typer.Option(
        None, "--datadir", help="Candle folder. [default: ../data/<exchange> beside the result]"
    ),
    pair: str | None = typer.Option(
        None, "--pair", help="Pair of the price panel. [default: the most traded]"
    ),
    out: Path = typer.Option(DEFAULT_OUT, "--out", help="Folder for report.html and report.png."),
    market: str | None = typer.Option(
        None,
        "--market",
        help="Where the prices came from: 'synthetic, seed 7' or 'real, Binance USD-M'.",
    ),
    trials: int | None = typer.Option(
        None, "--trials", min=1, help="How many variants were tried before this one."
    ),
    against: Path | None = typer.Option(
        None,
        "--against",
        help="The same run with its guards in another state. [default: found beside the result]",
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the figures as one JSON object."),
) -> None:
    """Write a report of a backtest: figures, tables and trades against buy and hold."""
    from plimsoll.cli.backtest_report import backtest_report, existing
    from plimsoll.cli.places import made_folder
    from plimsoll.reporting.report import render_report, report_record

    source = existing(DEFAULT_FOLDER if result is None else result, "a result .zip or folder")
    made = backtest_report(
        source, datadir=datadir, pair=pair, market=market, trials=trials, against=against
    )
    files = render_report(made, made_folder(out, "--out"))
    if as_json:
        record = {**report_record(made), "html": str(files.html), "png": str(files.png)}
        typer.echo(json.dumps(record))
        return
    typer.echo(f"{files.html}\n{files.png}")
