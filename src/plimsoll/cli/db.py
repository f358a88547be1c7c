"""``plimsoll db``: a bot's database, moved from SQLite to PostgreSQL and back."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from plimsoll.cli.control import AsJson, Config, Userdir, find, print_json

app = typer.Typer(
    name="db", help="Move a bot's database to PostgreSQL, or back.", no_args_is_help=True
)
DEFAULT = Path("user_data")


@app.callback()
def _group() -> None: ...


@app.command()
def migrate(
    source: Annotated[
        str, typer.Option("--from", help="The database to move; it is only read, and stays.")
    ],
    target: Annotated[
        str,
        typer.Option(
            "--to",
            help="An empty one: postgresql+psycopg://USER@HOST/DATABASE, or sqlite:///FILE.",
        ),
    ],
    userdir: Userdir = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Move trades, orders, locks and levels whole, every value compared, or do nothing.

    With the bot's user folder its decision log knows the target from then on: a bot that is started
    on the database of before is HALTED. A halt goes along. Exit status: 0 when it is moved, 1 when
    a bot runs, the target is not empty or the copy differs, 2 for wrong usage.
    """
    from plimsoll.control.migrate import migrate as move

    named = userdir is not None or bool(config) or DEFAULT.is_dir()
    outcome = move(source, target, find(userdir, config, source) if named else None)
    if as_json:
        print_json({**asdict(outcome), "rows": outcome.rows})
        return
    for table in outcome.tables:
        profit = table.sums.get("close_profit_abs")
        made = "" if profit is None else f", closed profit {profit:,.2f}"
        typer.echo(f"{table.name:<18} {table.rows:>8,} rows{made}  {table.digest[:12]}")
    typer.echo(f"{outcome.rows:,} rows moved; counts, sums and every value are the same")
    for name in outcome.left:
        typer.echo(f"left behind, none of Freqtrade's: {name}")
    said = "the decision log is stamped: the database of before is the older one from now on"
    if not outcome.stamped:
        said = "no decision log was stamped: see that no bot is started on the database of before"
    typer.echo(f"{said}; set db_url to the new one")
