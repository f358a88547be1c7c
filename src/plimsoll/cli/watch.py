"""``plimsoll watch``: a watchdog beside the bot, in a process of its own."""

import os
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.core import PlimsollError, UsageError

if TYPE_CHECKING:
    from plimsoll.monitoring.settings import WatchSettings

Userdir = Annotated[
    Path | None,
    typer.Option(help="The bot's user folder. [default: user_data_dir of the config]"),
]
Config = Annotated[
    list[Path] | None,
    typer.Option("--config", "-c", help="The bot's layers, and watch.json after them."),
]
DbUrl = Annotated[
    str, typer.Option("--db-url", help="The bot's database. [default: db_url of the config]")
]
Once = Annotated[bool, typer.Option("--once", help="Take one look and end, as from cron.")]
Check = Annotated[
    bool, typer.Option("--check", help="Try everything that it needs, send a test alarm, and end.")
]
Status = Annotated[bool, typer.Option("--status", help="Show the last look of a watchdog.")]
Release = Annotated[
    bool,
    typer.Option("--release", help="End what it holds, be it no entries or everything closed."),
]
Reason = Annotated[str, typer.Option(help="Why it is released; it is written down.")]
Wait = Annotated[float, typer.Option("--wait", min=1, help="Seconds to wait for a release.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def watch(
    config: Config = None,
    userdir: Userdir = None,
    db_url: DbUrl = "",
    once: Once = False,
    check: Check = False,
    status: Status = False,
    release: Release = False,
    reason: Reason = "",
    wait: Wait = 60.0,
    as_json: AsJson = False,
) -> None:
    """Watch a bot and its account from outside; tell, and as a last resort close.

    It asks the bot's REST API, reads its database, and looks at the exchange with a key of its
    own. What it may do is plimsoll.watch in the config; its secrets are PLIMSOLL_WATCH__KEY,
    __SECRET, __ALARMS and others in the environment. Without an option it runs until it is
    ended. Exit status with --once, --check and --status: 0 when all is well, 1 when something is
    not, 2 for wrong usage.
    """
    from plimsoll.monitoring.settings import read_settings

    if sum((once, check, status, release)) > 1:
        raise UsageError("expected one of --once, --check, --status and --release, found several")
    files = [file.expanduser() for file in config or []]
    settings = read_settings(files, userdir, os.environ, db_url=db_url)
    if check:
        _end(_check(settings), as_json)
    elif status:
        _end(_status(settings), as_json)
    elif release:
        _release(settings, reason, wait)
    elif once:
        _end(_once(settings), as_json)
    else:
        _run(settings)


def _run(settings: "WatchSettings") -> None:
    from plimsoll.monitoring.watchdog import Watchdog, not_watched

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    watchdog = Watchdog(settings, _store(settings))
    for line in not_watched(settings):
        typer.echo(f"not watched: {line}", err=True)
    typer.echo(f"watching; it may {settings.profile.may.value}; its folder is {settings.folder}")
    try:
        watchdog.run(stop)
    finally:
        watchdog.close()


def _once(settings: "WatchSettings") -> dict[str, Any]:
    from plimsoll.monitoring.watchdog import Watchdog

    watchdog = Watchdog(settings, _store(settings))
    try:
        return watchdog.look()
    finally:
        watchdog.close()


def _store(settings: "WatchSettings") -> Any:
    from plimsoll.monitoring.alarms import require_addresses
    from plimsoll.monitoring.store import Store

    require_addresses(settings.alarm_urls)
    return Store(settings.folder, settings.hidden)


def _check(settings: "WatchSettings") -> dict[str, Any]:
    from plimsoll.monitoring.trial import try_all

    return try_all(settings)


def _status(settings: "WatchSettings") -> dict[str, Any]:
    from plimsoll.monitoring.store import last_look

    return last_look(settings.folder, "watchdog", datetime.now(UTC))


def _release(settings: "WatchSettings", reason: str, wait: float) -> None:
    from getpass import getuser

    from plimsoll.monitoring.store import ask_to_release, release_waits, withdraw_release
    from plimsoll.monitoring.watchdog import release

    if not reason.strip():
        raise UsageError("expected --reason to say why it may go on, found nothing")
    by = getuser()
    try:
        store = _store(settings)
    except PlimsollError:
        ask_to_release(settings.folder, reason.strip(), by)
        deadline = time.monotonic() + wait
        while release_waits(settings.folder) and time.monotonic() < deadline:
            time.sleep(0.2)
        if withdraw_release(settings.folder):
            raise PlimsollError("the running watchdog did not take the release in time") from None
        typer.echo("released by the running watchdog")
        return
    memory, waiting = store.load()
    release(store, memory, reason.strip(), by, [asdict(one) for one in waiting])
    with suppress(OSError):
        store.close()
    typer.echo("released; no watchdog is running here")


def _end(told: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        import orjson

        typer.echo(orjson.dumps(told, default=str).decode())
    else:
        typer.echo("\n".join(_lines(told)))
    raise typer.Exit(0 if told["is_well"] else 1)


def _lines(told: Mapping[str, Any]) -> list[str]:
    if "checks" in told:
        return [f"{one['what']:<12} {one['said']}" for one in told["checks"]]
    bot, account = told["bot"], told["account"]
    lines = [f"bot          {bot['state'] or bot['answer']} {bot['said']}".rstrip()]
    if account is not None:
        equity = account["equity_usd"]
        shown = "not known" if equity is None else f"{equity:,.2f} USD"
        lines.append(f"exchange     {account['fault'] or f'equity {shown}'}")
        lines += [f"position     {one}" for one in account["positions"]]
        lines += [f"order        {one}" for one in account["orders"]]
    lines += [
        f"{one['condition']}: {one['text']} (for {one['seconds']:.0f} s)"
        for one in told["conditions"]
    ]
    if told["latch"] is not None:
        lines.append(f"HELD         {told['latch']['act']}, because of {told['latch']['because']}")
    if told["undelivered"]["count"]:
        told_of = told["undelivered"]
        lines.append(f"not told     {told_of['count']} alarms wait since {told_of['oldest']}")
    if "age_seconds" in told:
        lines.append(f"last look    {told['age_seconds']:.0f} s ago")
    lines.append("all is well" if told["is_well"] else "not well")
    return lines
