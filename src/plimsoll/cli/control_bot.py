"""``plimsoll control-bot``: a Telegram bot for a person, beside the trading bot."""

import asyncio
import os
import signal
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.cli.control import AsJson, Config, DbUrl, Userdir, find, print_json

if TYPE_CHECKING:
    from plimsoll.control.phone.settings import PhoneSettings

Check = Annotated[
    bool,
    typer.Option("--check", help="Try token, chats, mail and webhook with a message, and end."),
]
Status = Annotated[bool, typer.Option("--status", help="Show the last look of a control bot.")]


def control_bot(
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    check: Check = False,
    status: Status = False,
    as_json: AsJson = False,
) -> None:
    """Take commands by Telegram for a bot that may be dead, and tell alarms until they are seen.

    It has a token of its own in PLIMSOLL_CONTROL__TOKEN and hears the persons of
    PLIMSOLL_CONTROL__CHATS alone; PLIMSOLL_CONTROL__MAIL and __WEBHOOK are told what nobody has
    acknowledged. Without an option it runs until it is ended. Exit status with --check and
    --status: 0 when all is well, 1 when something is not, 2 for wrong usage.
    """
    from plimsoll.control.phone.settings import phone_settings
    from plimsoll.core import UsageError

    if check and status:
        raise UsageError("expected one of --check and --status, found both")
    settings = phone_settings(find(userdir, config, db_url), os.environ)
    if check:
        _end(_checked(settings), as_json)
    elif status:
        _end(_status(settings), as_json)
    else:
        _run(settings, userdir, config, db_url)


def _run(
    settings: "PhoneSettings", userdir: Path | None, config: list[Path] | None, db_url: str | None
) -> None:
    from plimsoll.control.phone.record import CommandLog
    from plimsoll.control.phone.service import ControlBot
    from plimsoll.monitoring.alarms import require_addresses

    require_addresses((*settings.mail, *settings.webhook))
    with CommandLog(settings.folder, settings.hidden) as log:
        bot = ControlBot(settings, lambda: find(userdir, config, db_url), log)
        for rung, urls in (("mail", settings.mail), ("webhook", settings.webhook)):
            if not urls:
                typer.echo(f"no {rung}: what nobody acknowledges is not told there", err=True)
        persons = ", ".join(settings.allowed.persons)
        typer.echo(f"listening to {persons}; its folder is {settings.folder}")
        asyncio.run(_until_ended(bot))


async def _until_ended(bot: Any) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await bot.run(stop)


def _checked(settings: "PhoneSettings") -> dict[str, Any]:
    from plimsoll.control.phone.trial import try_all

    return try_all(settings)


def _status(settings: "PhoneSettings") -> dict[str, Any]:
    from plimsoll.monitoring.store import CONTROL_BOT_SECONDS, last_look

    now = datetime.now(UTC)
    return last_look(settings.folder, "control bot", now, CONTROL_BOT_SECONDS)


def _end(told: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(told)
    else:
        typer.echo("\n".join(_lines(told)))
    raise typer.Exit(0 if told["is_well"] else 1)


def _lines(told: Mapping[str, Any]) -> list[str]:
    if "checks" in told:
        return [f"{one['what']:<14} {one['said']}" for one in told["checks"]]
    lines = [
        f"telegram       {told['telegram']}",
        f"last look      {told['age_seconds']:.0f} s ago",
    ]
    lines += [f"alarm {one['number']:<8} {one['text']}" for one in told["alarms"]]
    waiting = told["undelivered"]
    if waiting["count"]:
        error = f": {waiting['last_error']}" if waiting["last_error"] else ""
        lines.append(f"undelivered    {waiting['count']} since {waiting['oldest']}{error}")
    if told["fault"]:
        lines.append(f"fault          {told['fault']}")
    return [*lines, "all is well" if told["is_well"] else "not well"]
