"""``plimsoll parity``: a backtest against a bot's database, and the bill of what differs."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import pandas as pd
import typer

from plimsoll.core.errors import UsageError

if TYPE_CHECKING:
    from plimsoll.lab.parity import Compared

LIMIT = 0.02


def parity(
    a: Annotated[
        str | None, typer.Argument(help="A backtest's .zip or folder; or a database.")
    ] = None,
    b: Annotated[
        str | None, typer.Argument(help="A bot's database (file or address); or a result.")
    ] = None,
    strategy: Annotated[
        str | None, typer.Option("--strategy", "-s", help="Which one, where a record has several.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Compare trades that open then or later.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Compare trades that open before.")] = None,
    window: Annotated[
        float | None,
        typer.Option(min=0.0, help="Candles that openings of one trade may lie apart; 2."),
    ] = None,
    config: Annotated[
        list[Path] | None,
        typer.Option("--config", "-c", help="The bot's config, a layer each: more evidence."),
    ] = None,
    userdir: Annotated[
        Path | None, typer.Option(help="The bot's user folder: its decision log is evidence.")
    ] = None,
    datadir: Annotated[
        Path | None, typer.Option(help="Candles of the backtest; by default those beside it.")
    ] = None,
    limit: Annotated[
        float, typer.Option(min=0.0, help="Largest difference that passes, as a fraction.")
    ] = LIMIT,
    html: Annotated[
        Path | None, typer.Option(help="Folder for a page with both curves and the bill.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole bill as JSON.")] = False,
    check: Annotated[
        str | None,
        typer.Option("--check", help="Backtest and replay this strategy, and compare the two."),
    ] = None,
    timerange: Annotated[
        str | None, typer.Option(help="Of --check: whole days in UTC, 20250401-20250415.")
    ] = None,
    strategy_path: Annotated[
        Path | None, typer.Option(help="Of --check: its folder; the shipped ones without it.")
    ] = None,
    pairs: Annotated[str, typer.Option(help="Of --check: separated by commas.")] = "BTC,ETH",
    market: Annotated[
        str, typer.Option(help="Of --check: replay, with --datadir; or synthetic.")
    ] = "replay",
    seed: Annotated[int, typer.Option(min=0, help="Of --check: of the synthetic market.")] = 7,
    out: Annotated[Path, typer.Option(help="Of --check: folder of its runs.")] = Path("out/parity"),
) -> None:
    """Say why a bot did not make what its backtest made: every difference, with its cause.

    Trades are matched one by one, and each difference is split into named causes that add up to
    the whole to the cent. It reads and changes nothing. Exit status 0 within --limit, 1 outside,
    2 for wrong usage.
    """
    from plimsoll.cli.parity_check import Asked, checked
    from plimsoll.cli.report_sources import moment_of
    from plimsoll.lab.parity import Wanted, compare_records

    if check is not None:
        if a is not None or b is not None:
            raise UsageError("--check makes both records itself: name none")
        made = checked(
            Asked(
                strategy=check,
                timerange=timerange,
                strategy_path=strategy_path,
                layers=tuple(config or ()),
                pairs=pairs,
                market=market,
                datadir=datadir,
                seed=seed,
                out=out,
            ),
            silent=as_json,
        )
        tell(made.compared, limit, html, as_json=as_json)
    if a is None or b is None:
        raise UsageError(
            "expected two records to compare: a backtest's result and a database; "
            "or --check STRATEGY"
        )
    first, last = moment_of(since, "--since"), moment_of(until, "--until", is_end=True)
    compared = compare_records(
        Wanted(
            a=a,
            b=b,
            strategy=strategy,
            since=None if first is None else first.to_pydatetime(),
            until=None if last is None else last.to_pydatetime(),
            window_candles=window,
            config=tuple(file.expanduser() for file in config or ()),
            userdir=userdir,
            datadir=datadir,
        )
    )
    tell(compared, limit, html, as_json=as_json)


def tell(compared: "Compared", limit: float, html: Path | None, *, as_json: bool) -> NoReturn:
    """Print a bill, write its page, and end with 1 when it is outside of the limit."""
    from plimsoll.parity.told import bill_lines, bill_record

    bill = compared.bill
    page = None if html is None else _page(compared, limit, html)
    if as_json:
        record = {**bill_record(bill, limit), "remarks": list(compared.remarks)}
        record |= {} if page is None else {"html": str(page)}
        typer.echo(json.dumps(record, indent=4))
    else:
        typer.echo("\n".join(bill_lines(bill, limit)))
        if page is not None:
            typer.echo(str(page))
        for remark in compared.remarks:
            typer.echo(f"plimsoll: {remark}", err=True)
    raise typer.Exit(0 if bill.verdict.within(limit) else 1)


def _page(compared: "Compared", limit: float, folder: Path) -> Path:
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
