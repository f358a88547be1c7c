"""``plimsoll parity``: a backtest against a bot's database, and the bill of what differs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from plimsoll.core.errors import UsageError

if TYPE_CHECKING:
    from plimsoll.lab.parity import Compared

LIMIT = 0.02


A = Annotated[str | None, typer.Argument(help="A backtest's .zip or folder; or a database.")]
B = Annotated[str | None, typer.Argument(help="A bot's database (file or address); or a result.")]
Strategy = Annotated[
    str | None, typer.Option("--strategy", "-s", help="Which one, where a record has several.")
]
Since = Annotated[str | None, typer.Option(help="Compare trades that open from here on.")]
Until = Annotated[str | None, typer.Option(help="Compare trades that open before.")]
Window = Annotated[
    float | None, typer.Option(min=0.0, help="Candles that openings of one trade may lie apart; 2.")
]
Config = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", help="The bot's config, a layer each: more evidence."),
]
Userdir = Annotated[
    Path | None, typer.Option(help="The bot's user folder: its decision log is evidence.")
]
Datadir = Annotated[
    Path | None, typer.Option(help="Candles of the backtest; by default those beside it.")
]
Limit = Annotated[
    float, typer.Option(min=0.0, help="Largest difference that passes, as a fraction.")
]
Html = Annotated[Path | None, typer.Option(help="Folder for a page with both curves and the bill.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole bill as JSON.")]
Check = Annotated[
    str | None,
    typer.Option("--check", help="Backtest and replay this strategy, and compare the two."),
]
Timerange = Annotated[
    str | None, typer.Option(help="Of --check: whole days in UTC, 20250401-20250415.")
]
StrategyPath = Annotated[
    Path | None, typer.Option(help="Of --check: its folder; the shipped ones without it.")
]
Pairs = Annotated[str, typer.Option(help="Of --check: separated by commas.")]
Market = Annotated[str, typer.Option(help="Of --check: replay, with --datadir; or synthetic.")]
Seed = Annotated[int, typer.Option(min=0, help="Of --check: of the synthetic market.")]
Out = Annotated[Path, typer.Option(help="Of --check: folder of its runs.")]


def parity(
    a: A = None,
    b: B = None,
    strategy: Strategy = None,
    since: Since = None,
    until: Until = None,
    window: Window = None,
    config: Config = None,
    userdir: Userdir = None,
    datadir: Datadir = None,
    limit: Limit = LIMIT,
    html: Html = None,
    as_json: AsJson = False,
    check: Check = None,
    timerange: Timerange = None,
    strategy_path: StrategyPath = None,
    pairs: Pairs = "BTC,ETH",
    market: Market = "replay",
    seed: Seed = 7,
    out: Out = Path("out/parity"),
) -> None:
    """Say why a bot did not make what its backtest made: every difference, with its cause.

    Trades are matched one by one, and each difference is split into named causes that add up to
    the whole to the cent. It reads and changes nothing. Exit status 0 within --limit, 1 outside,
    2 for wrong usage.
    """
    from plimsoll.cli.parity_check import Asked, checked

    if check is not None:
        if a is not None or b is not None:
            raise UsageError("--check makes both records itself: name none")
        asked = Asked(
            strategy=check,
            timerange=timerange,
            strategy_path=strategy_path,
            layers=tuple(config or ()),
            pairs=pairs,
            market=market,
            datadir=datadir,
            seed=seed,
            out=out,
        )
        tell(checked(asked, silent=as_json).compared, limit, html, check, as_json=as_json)
    if a is None or b is None:
        raise UsageError(
            "expected two records to compare: a backtest's result and a database; or --check "
            "STRATEGY"
        )
    own = (strategy, since, until, window)
    compared = _compared((a, b), own, config, userdir, datadir)
    tell(compared, limit, html, strategy, as_json=as_json)


def _compared(
    records: tuple[str, str],
    own: tuple[str | None, str | None, str | None, float | None],
    config: list[Path] | None,
    userdir: Path | None,
    datadir: Path | None,
) -> "Compared":
    """Compare two records; ``own`` is strategy, since, until and window as they were typed."""
    from plimsoll.cli.report_sources import moment_of
    from plimsoll.lab.parity import Wanted, compare_records

    strategy, since, until, window = own
    first, last = moment_of(since, "--since"), moment_of(until, "--until", is_end=True)
    return compare_records(
        Wanted(
            a=records[0],
            b=records[1],
            strategy=strategy,
            since=None if first is None else first.to_pydatetime(),
            until=None if last is None else last.to_pydatetime(),
            window_candles=window,
            config=tuple(file.expanduser() for file in config or ()),
            userdir=userdir,
            datadir=datadir,
        )
    )


def tell(
    compared: "Compared",
    limit: float,
    html: Path | None,
    strategy: str | None,
    *,
    as_json: bool,
) -> NoReturn:
    """Print a bill, write its page, and end with 1 when it is outside of the limit."""
    from plimsoll.cli.evidence_json import parity_evidence
    from plimsoll.parity.told import bill_lines, bill_record

    bill = compared.bill
    page = None if html is None else _page(compared, limit, html)
    if as_json:
        record = {**bill_record(bill, limit), "remarks": list(compared.remarks)}
        record |= {} if page is None else {"html": str(page)}
        typer.echo(json.dumps(parity_evidence(record, strategy), indent=4))
    else:
        typer.echo("\n".join(bill_lines(bill, limit)))
        if page is not None:
            typer.echo(str(page))
        for remark in compared.remarks:
            typer.echo(f"plimsoll: {remark}", err=True)
    raise typer.Exit(0 if bill.verdict.within(limit) else 1)


def _page(compared: "Compared", limit: float, folder: Path) -> Path:
    import pandas as pd

    from plimsoll.cli.places import output_folder
    from plimsoll.reporting.parity_page import render_parity

    with output_folder(folder, "--html") as place:
        return render_parity(
            compared.bill,
            compared.remarks,
            place,
            limit_fraction=limit,
            made_at=pd.Timestamp(datetime.now(UTC)),
        )
