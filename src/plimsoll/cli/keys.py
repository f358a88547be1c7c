"""``plimsoll keys``: another API key for a bot, while the old one is still valid."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from plimsoll.cli.control import AsJson, Config, DbUrl, Userdir, find, print_json

app = typer.Typer(
    name="keys", help="Exchange a bot's API key for another one.", no_args_is_help=True
)

Secrets = Annotated[
    Path, typer.Option(help="The bot's file of secrets, NAME=VALUE a line, readable by one alone.")
]


@app.command()
def rotate(
    secrets: Secrets,
    new: Annotated[
        Path,
        typer.Option(help="A file like it with FREQTRADE__EXCHANGE__KEY and __SECRET of the new."),
    ],
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only try both keys; the bot may run.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Try a new key, put it in place of the old one, and take the bot's record over.

    Both keys must be valid at the exchange. The bot is ended before and started afterwards; its
    stops stay on the exchange meanwhile. Exit status: 0 when it is done, 1 when nothing was
    changed, 2 for wrong usage.
    """
    from plimsoll.control.keys import rotate as exchange_keys

    bot = find(userdir, config, db_url)
    outcome = exchange_keys(bot, secrets.expanduser(), new.expanduser(), check_only=check)
    if as_json:
        print_json(asdict(outcome))
        return
    typer.echo("\n".join(outcome.lines))


@app.command()
def retire(
    secrets: Secrets,
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    as_json: AsJson = False,
) -> None:
    """See that the exchange refuses the old key, then forget it.

    Exit status: 0 when it is refused, 1 when it is not, or that is not known, 2 for wrong usage.
    """
    from plimsoll.control.keys import retire as forget

    said = forget(find(userdir, config, db_url), secrets.expanduser())
    if as_json:
        print_json({"refused": True, "said": said})
        return
    typer.echo(said)
