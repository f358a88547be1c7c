"""``plimsoll exporter``: figures of one or many bots for Prometheus, in a process of its own."""

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from plimsoll.cli.watch import Config, DbUrl, Userdir
from plimsoll.core import UsageError

if TYPE_CHECKING:
    from plimsoll.monitoring.settings import WatchSettings

PORT = 9466
Bots = Annotated[
    Path | None, typer.Option("--bots", help="A JSON file that lists many bots, in place of -c.")
]
Name = Annotated[
    str, typer.Option(help="The label bot of a single one. [default: bot_name of the config]")
]
Port = Annotated[int, typer.Option(min=1, max=65_535, help="The port on 127.0.0.1.")]
Every = Annotated[
    float,
    typer.Option(
        min=1, max=300, help="Seconds from one reading to the next; of the exchange three times."
    ),
]
Once = Annotated[bool, typer.Option("--once", help="Read everything once, print the page, end.")]
AsJson = Annotated[bool, typer.Option("--json", help="Read everything once, print JSON, end.")]


def exporter(
    config: Config = None,
    userdir: Userdir = None,
    db_url: DbUrl = "",
    bots: Bots = None,
    name: Name = "",
    port: Port = PORT,
    every: Every = 5.0,
    once: Once = False,
    as_json: AsJson = False,
) -> None:
    """Serve what is known of a bot as metrics on http://127.0.0.1:9466/metrics.

    It reads the bot's REST API, status, database and decision log, the watchdog's status, and the
    exchange by the watchdog's key, with the same layers and secrets as plimsoll watch; it writes
    nothing and needs no Freqtrade. A bot that is gone is a metric, never an end. Exit status with
    --once and --json: 0 when every bot is up, 1 when one is not, 2 for wrong usage.
    """
    try:
        from plimsoll.monitoring.exporter.bot import BotMeter
        from plimsoll.monitoring.exporter.page import Page
    except ModuleNotFoundError as error:
        raise UsageError(
            f"plimsoll exporter needs {error.name}: install freqtrade-plimsoll[metrics]"
        ) from None
    settings = _settings([file.expanduser() for file in config or []], userdir, db_url, bots, name)
    meters = [BotMeter(one, label, every) for label, one in settings.items()]
    page = Page(meters)
    if once or as_json:
        for meter in meters:
            meter.look()
        _print(page, as_json)
        for meter in meters:
            meter.close()
        raise typer.Exit(0 if page.is_well else 1)
    _serve(page, meters, port)


def _settings(
    files: list[Path], userdir: Path | None, db_url: str, bots: Path | None, name: str
) -> dict[str, "WatchSettings"]:
    from plimsoll.monitoring.exporter.fleet import listed_bots, name_of
    from plimsoll.monitoring.settings import read_settings

    if bots is not None:
        if files or userdir is not None or db_url or name:
            raise UsageError("expected either --bots or the words of a single bot, found both")
        return listed_bots(bots.expanduser(), os.environ)
    if not files:
        raise UsageError("expected -c with the bot's layers, or --bots; found neither")
    settings = read_settings(files, userdir, os.environ, db_url=db_url)
    return {name or name_of(settings): settings}


def _print(page: Any, as_json: bool) -> None:
    if as_json:
        import orjson

        typer.echo(orjson.dumps(page.record()).decode())
    else:
        typer.echo(page.text(), nl=False)


def _serve(page: Any, meters: list[Any], port: int) -> None:
    from plimsoll.monitoring.exporter.page import LOOPBACK, serve

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    for meter in meters:
        meter.start(stop)
    bots = ", ".join(meter.name for meter in meters)
    typer.echo(f"metrics of {bots} on http://{LOOPBACK}:{port}/metrics")
    serve(page, port, stop)
    for meter in meters:
        meter.close()
