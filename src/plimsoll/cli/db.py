"""``plimsoll db``: a bot's database, and the studies of searches, moved to PostgreSQL and back."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from plimsoll.cli.control import AsJson, Config, Userdir, find, print_json

app = typer.Typer(
    name="db",
    help="Move a bot's database, or studies of searches, to PostgreSQL or back.",
    no_args_is_help=True,
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
    on the database of before is HALTED. A halt goes along; studies of plimsoll search are moved by
    plimsoll db migrate-studies. Exit status: 0 when it is moved, 1 when a bot runs, the target is
    not empty or the copy differs, 2 for wrong usage.
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
    typer.echo("studies of plimsoll search are no bot's: plimsoll db migrate-studies moves them")


@app.command()
def migrate_studies(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            help="Where they are: a storage of plimsoll search, or a folder of journal files.",
        ),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--to", help="postgresql://USER@HOST/DATABASE, sqlite:///FILE, or a new journal file."
        ),
    ],
    study: Annotated[
        list[str] | None, typer.Option(help="Name of a study, as often as needed; all by default.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Move studies of plimsoll search whole, every value compared, or do nothing.

    A search goes on at the target where it was. Its study at the source stays, with a note of where
    it went: plimsoll search does not go on with that one, so that no trial is counted twice or
    not at all. What was moved before is left as it is. Exit status: 0 when all are there, 1 when
    one is being searched, the target has another one of its name or a copy differs, 2 for wrong
    usage.
    """
    from plimsoll.lab.search.migrate import migrate_studies as move

    tell = (lambda _: None) if as_json else (lambda text: typer.echo(text, err=True))
    outcome = move(source, target, study or (), tell)
    if as_json:
        print_json({**asdict(outcome), "trials": outcome.trials})
        return
    for one in outcome.studies:
        best = "" if one.best is None else f", best {one.best:.6g}"
        before = ", moved before" if one.there_before else ""
        typer.echo(f"{one.name}  {one.trials:,} trials{best}{before}  {one.digest[:12]}")
    typer.echo(f"{outcome.trials:,} trials are at the target, every value the same")
    typer.echo(f"go on with --storage {outcome.target}")
