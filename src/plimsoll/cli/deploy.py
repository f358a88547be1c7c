"""``plimsoll deploy``: what a machine needs to run a bot unattended, as files to look at."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from plimsoll.cli.control import AsJson, print_json
from plimsoll.core import UsageError

app = typer.Typer(
    name="deploy",
    help="Write units, proxy and log rotation for a machine that runs a bot unattended.",
    no_args_is_help=True,
)

Write = Annotated[Path, typer.Option("--write", help="Folder for the files; it is made.")]


@app.command()
def systemd(
    write: Write,
    config: Annotated[
        list[str], typer.Option("--config", "-c", help="The bot's layers, as seen from --folder.")
    ],
    strategy: Annotated[str, typer.Option(help="What it trades.")],
    folder: Annotated[
        Path, typer.Option(help="Where it runs: the folder with user_data and the database.")
    ] = Path("/srv/plimsoll"),
    commands: Annotated[
        Path | None,
        typer.Option(help="Folder of the freqtrade command. [default: that of this command]"),
    ] = None,
    db_url: Annotated[str, typer.Option("--db-url", help="Its database.")] = (
        "sqlite:///tradesv3.sqlite"
    ),
    user: Annotated[str, typer.Option(help="User and group that it runs as.")] = "plimsoll",
    secrets: Annotated[
        Path, typer.Option(help="Folder of bot.env, watch.env and control.env, for root alone.")
    ] = Path("/etc/plimsoll"),
    watch_layer: Annotated[str, typer.Option(help="The watchdog's own layer.")] = (
        "user_data/config/watch.json"
    ),
    name: Annotated[str, typer.Option(help="What the units' names begin with.")] = "plimsoll",
    as_json: AsJson = False,
) -> None:
    """Write systemd units: bot, watchdog, control bot, exporter, venue, backups and digests.

    Nothing is installed or started; docs/deployment.md says how. Writing again replaces them.
    """
    from plimsoll.deployment.site import Site
    from plimsoll.deployment.units import services, units

    site = Site(
        folder=folder,
        commands=commands or Path(sys.executable).parent,
        layers=tuple(config),
        strategy=strategy,
        db_url=db_url,
        watch_layer=watch_layer,
        user=user,
        secrets=secrets,
        name=name,
    )
    known = _commands()
    there = [one for one in services(site) if one.words[0] != "plimsoll" or one.words[1] in known]
    _write(units(site, there), write, as_json=as_json)


@app.command()
def proxy(
    write: Write,
    host: Annotated[str, typer.Option(help="The name in the certificate.")],
    certificate: Annotated[Path, typer.Option(help="File of the certificate's chain.")],
    certificate_key: Annotated[Path, typer.Option(help="File of its key.")],
    api_port: Annotated[int, typer.Option(min=1, max=65535, help="The REST API's port.")] = 8080,
    http: Annotated[str, typer.Option(help="Where to listen, unencrypted, to redirect.")] = "80",
    https: Annotated[str, typer.Option(help="Where to listen.")] = "443",
    log: Annotated[Path, typer.Option(help="Its log of requests.")] = Path(
        "/var/log/plimsoll/proxy.log"
    ),
    as_json: AsJson = False,
) -> None:
    """Write nginx's configuration in front of the REST API, and the rotation of its log.

    TLS 1.2 and 1.3 alone, and 429 for who guesses passwords. It holds no secret.
    """
    from plimsoll.deployment.proxy import Proxy, proxy_text, rotation_text

    made = Proxy(
        host=host,
        certificate=certificate,
        key=certificate_key,
        upstream_port=api_port,
        http_port=http,
        https_port=https,
        log=log,
    )
    files = {"plimsoll-proxy.conf": proxy_text(made), "plimsoll.logrotate": rotation_text(log)}
    _write(files, write, as_json=as_json)


def _commands() -> set[str]:
    """Return the commands that this program has; a unit of another would only fail."""
    from typer.main import get_command

    from plimsoll.cli.app import app as whole

    return set(getattr(get_command(whole), "commands", {}))


def _write(files: Mapping[str, str], folder: Path, *, as_json: bool) -> None:
    """Write files, each in one move, and say what to do with them."""
    from plimsoll.cli.places import made_folder

    made_folder(folder, "--write")
    changed = []
    for name, text in files.items():
        file = folder / name
        if file.is_dir():
            raise UsageError(f"expected {file} to be a file, found a folder")
        if file.is_file() and file.read_text(encoding="utf-8") == text:
            continue
        part = folder / f".{name}.{os.getpid()}"
        part.write_text(text, encoding="utf-8")
        part.chmod(0o644)
        part.replace(file)
        changed.append(name)
    if as_json:
        print_json({"folder": folder.resolve(), "files": sorted(files), "changed": changed})
        return
    for name in sorted(files):
        typer.echo(f"{'written' if name in changed else 'as it was':<10} {folder / name}")
    if any(name.endswith(".service") for name in files):
        typer.echo(f"check them: systemd-analyze verify {folder}/*.service")
