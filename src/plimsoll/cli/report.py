"""``plimsoll report``: a backtest, a bot or several of both as HTML, PNG and CSV."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

DEFAULT_FOLDER = Path("user_data/backtest_results")
DEFAULT_OUT = Path("out")

Results = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Backtest-result .zip files, or folders that hold one (its last), such as "
        f"backtest-compare keeps. Several are shown side by side. [default: {DEFAULT_FOLDER}]",
        show_default=False,
    ),
]
Databases = Annotated[
    list[str] | None,
    typer.Option(
        "--db", "--db-url", help="A bot's database, as Freqtrade's db_url or a file; repeatable."
    ),
]
Config = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", help="The config layers of one bot, in order."),
]
Userdir = Annotated[
    Path | None, typer.Option(help="The user folder of one bot: its decision log and candles.")
]
Since = Annotated[str | None, typer.Option(help="Of a bot: first moment, 2025-03-01 or ISO 8601.")]
Until = Annotated[str | None, typer.Option(help="Of a bot: last moment; a day means all of it.")]
Benchmark = Annotated[
    str | None,
    typer.Option(help="Of a bot: pair to hold instead. [default: the traded pairs in equal parts]"),
]
Strategy = Annotated[str | None, typer.Option(help="Of a bot: only this strategy's trades.")]
Balance = Annotated[
    float | None,
    typer.Option(min=0.01, help="Of a bot: starting balance, where none is on record."),
]
Datadir = Annotated[
    Path | None,
    typer.Option(
        help="Candle folder. [default: ../data/<exchange> beside a result, data/<exchange> in "
        "a bot's user folder]"
    ),
]
Pair = Annotated[str | None, typer.Option(help="Pair of the price panel. [default: most traded]")]
Out = Annotated[Path, typer.Option("--out", "--output", "-o", help="Folder of the files.")]
Market = Annotated[
    str | None,
    typer.Option(help="Where the prices came from: 'synthetic, seed 7' or 'real, Binance USD-M'."),
]
Trials = Annotated[
    int | None, typer.Option(min=1, help="How many variants were tried before this one.")
]
Against = Annotated[
    Path | None,
    typer.Option(
        help="The same run with its guards in another state. [default: found beside the result]"
    ),
]
Journal = Annotated[
    int, typer.Option("--journal", min=0, max=200, help="Trades that the journal tells of.")
]
JournalOf = Annotated[
    str, typer.Option("--journal-of", help="Which: last, worst or best.", show_default=True)
]
SideBySide = Annotated[
    bool, typer.Option("--compare", help="Also of one result: its strategies side by side.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")]


def report(
    results: Results = None,
    db: Databases = None,
    config: Config = None,
    userdir: Userdir = None,
    since: Since = None,
    until: Until = None,
    benchmark: Benchmark = None,
    strategy: Strategy = None,
    starting_balance: Balance = None,
    datadir: Datadir = None,
    pair: Pair = None,
    out: Out = DEFAULT_OUT,
    market: Market = None,
    trials: Trials = None,
    against: Against = None,
    journal: Journal = 20,
    journal_of: JournalOf = "last",
    compare: SideBySide = False,
    as_json: AsJson = False,
) -> None:
    """Write a report of a backtest or of a bot: figures, guards, trades, journal, and CSV.

    A bot is named by its database (--db), its config (-c) or its user folder, and may be running;
    nothing of it is written. Several results or bots make one page that compares them.
    """
    from plimsoll.cli.places import output_folder
    from plimsoll.cli.report_sources import Options, compared, drawn_page

    options = Options(
        results=tuple(results or ()),
        databases=tuple(db or ()),
        config=tuple(file.expanduser() for file in config or ()),
        userdir=userdir,
        since=since,
        until=until,
        benchmark=benchmark,
        strategy=strategy,
        starting_balance=starting_balance,
        datadir=datadir,
        pair=pair,
        market=market,
        trials=trials,
        against=against,
        journal=journal,
        journal_of=journal_of,
    )
    options.check()
    several = compare or options.count > 1
    with output_folder(out, "--out") as folder:
        files, record = compared(options, folder) if several else drawn_page(options, folder)
    _tell(files, record, as_json=as_json)


def _tell(files: dict[str, Path], record: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**record, **{name: str(file) for name, file in files.items()}}))
        return
    typer.echo("\n".join(str(file) for file in files.values()))
