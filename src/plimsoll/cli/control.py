"""``plimsoll status``, ``halt`` and ``resume``: a person and a bot that is guarded."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.cli import fleet as of_fleet
from plimsoll.cli.fleet import Fleet

if TYPE_CHECKING:
    from plimsoll.control.bot import Bot
    from plimsoll.control.halt import Outcome

Userdir = Annotated[
    Path | None,
    typer.Option(
        help="The bot's user folder. [default: user_data_dir of the config, or user_data]"
    ),
]
Config = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", help="The bot's config layers, in order."),
]
DbUrl = Annotated[
    str | None,
    typer.Option(
        "--db-url", help="The bot's database. [default: db_url of the config, as in Freqtrade]"
    ),
]
Seconds = Annotated[float, typer.Option("--wait", min=1, help="Seconds to wait for a running bot.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def status(
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    max_age: Annotated[
        float, typer.Option(min=1, help="Age in seconds at which the last loop is too old.")
    ] = 60.0,
    limits: Annotated[
        bool, typer.Option("--limits", help="Also show how much of each limit is used.")
    ] = False,
    fleet: Fleet = None,
    as_json: AsJson = False,
) -> None:
    """Show whether a bot is running, its mode, what is halted and why, and what is open.

    In live mode the exchange's own positions stand beside those of the bot's database. Exit
    status: 0 while a running bot may trade (ACTIVE or REDUCING), 1 when it is flattening,
    halted, stopped, silent for too long or not running, 2 for wrong usage.
    """
    from plimsoll.bridge.config.layer_checks import require_sound_layers
    from plimsoll.control.bot import look, with_exchange
    from plimsoll.control.status_words import limit_lines, status_lines
    from plimsoll.core import UsageError

    if fleet is not None:
        of_fleet.show(fleet, as_json=as_json)
    bot = find(userdir, config, db_url)
    require_sound_layers(bot.config.get("config_files", ()))
    view = look(bot)
    unseen = not view.runs and view.positions is None
    if unseen and not view.status and not view.held and view.flag is None:
        raise UsageError(f"no bot has left a trace in {bot.folder.path}: {view.unseen}")
    trading, view = view.is_trading(max_age), with_exchange(bot, view)
    if as_json:
        stale = view.is_stale(max_age)
        print_json({**view.as_record(), "trading": trading, "stale": stale})
    else:
        lines = status_lines(bot, view, max_age)
        typer.echo("\n".join([*lines, *limit_lines(view)] if limits else lines))
    raise typer.Exit(0 if trading else 1)


def halt(
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    reason: Annotated[str, typer.Option(help="The reason; it is shown and logged.")] = "",
    wait: Seconds = 60.0,
    fleet: Fleet = None,
    as_json: AsJson = False,
) -> None:
    """Close everything and open nothing, until a person resumes.

    It raises the flag file that the bot reads in every loop, waits until a running bot is
    halted and flat, and says so. In live mode it is flat when the exchange's own books say so.
    Exit status: 0 when nothing is open, 1 when something is, when that is not known, or when the
    bot did not answer in time (the flag stays up), 2 for wrong usage.
    """
    from plimsoll.control import halt as person

    if fleet is not None:
        of_fleet.halt(fleet, reason, as_json=as_json)
    bot = find(userdir, config, db_url)
    words = reason.strip() or "plimsoll halt"
    _end(person.halt(bot, words, seconds=wait, tell=_teller(as_json)), as_json)


def resume(
    reason: Annotated[str, typer.Option(help="Why it may trade again; it is logged.")],
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    wait: Seconds = 60.0,
    allow_looser: Annotated[
        bool,
        typer.Option(
            "--allow-looser",
            help="Accept the looser limits of the config, too; they hold from the next reload on.",
        ),
    ] = False,
    beyond_terminal: Annotated[
        bool,
        typer.Option(
            "--beyond-terminal",
            help="Go on although the terminal drawdown from the highest equity ever is reached.",
        ),
    ] = False,
    fleet: Fleet = None,
    as_json: AsJson = False,
) -> None:
    """Re-arm a halted bot, running or not; losses are measured from then on.

    Stakes are smaller until the profile's probation is over. Beyond the terminal drawdown it
    takes --beyond-terminal.

    Exit status: 0 when nothing is held any more, 1 when something is, or the bot did not
    answer in time (the request is withdrawn), 2 for wrong usage.
    """
    from plimsoll.control import halt as person

    if fleet is not None:
        of_fleet.resume(fleet, reason, as_json=as_json)
    bot = find(userdir, config, db_url)
    if allow_looser:
        _accept(bot, reason, wait, _teller(as_json))
    outcome = person.resume(
        bot, reason, seconds=wait, tell=_teller(as_json), beyond_terminal=beyond_terminal
    )
    _end(outcome, as_json)


def find(userdir: Path | None, config: list[Path] | None, db_url: str | None) -> "Bot":
    """Return the bot that a command means."""
    from plimsoll.control.bot import find_bot

    return find_bot(userdir, [file.expanduser() for file in config or []], db_url)


def _accept(bot: "Bot", reason: str, wait: float, tell: Any) -> None:
    from plimsoll.control.acceptance import accept_looser
    from plimsoll.core import UsageError

    if not reason.strip():
        raise UsageError("expected --reason to say why limits may be looser, found nothing")
    if not accept_looser(bot, reason, seconds=wait, tell=tell):
        raise typer.Exit(1)


def _teller(as_json: bool) -> Any:
    return lambda text: typer.echo(text, err=as_json)


def _end(outcome: "Outcome", as_json: bool) -> None:
    if as_json:
        print_json({"done": outcome.done, **outcome.view.as_record()})
    raise typer.Exit(0 if outcome.done else 1)


def print_json(record: object) -> None:
    """Print values as one line of JSON."""
    import orjson

    typer.echo(orjson.dumps(record, default=str).decode())
