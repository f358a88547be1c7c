"""``plimsoll backup`` and ``plimsoll restore``: a bot's database and what its log holds."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from plimsoll.cli.control import AsJson, Config, DbUrl, Userdir, find, print_json
from plimsoll.core import UsageError


def backup(
    file: Annotated[str, typer.Argument(help="A new file; or a folder/, for one named by time.")],
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    keep: Annotated[
        int | None, typer.Option(min=1, help="Of a folder's backups, keep that many newest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy database, decision log, flag and evidence into one file, beside a running bot.

    Secrets are not in it; user_data itself (strategies, config, models) is not, either.
    """
    from plimsoll.control.backup import back_up, backup_name, prune

    target, bot = Path(file).expanduser(), find(userdir, config, db_url)
    is_folder = file.endswith("/") or target.is_dir()
    if keep is not None and not is_folder:
        raise UsageError(f"expected a folder/ with --keep, found the file {file}")
    place = target / backup_name(datetime.now(UTC)) if is_folder else target
    manifest = back_up(bot, place)
    gone = prune(target, keep, place) if keep is not None else []
    if as_json:
        removed = [str(one) for one in gone]
        print_json({"file": str(place), "removed": removed, **asdict(manifest)})
        return
    held = "; ".join(manifest.held) or "nothing is held"
    typer.echo(f"{place}: {place.stat().st_size:,} bytes, {manifest.log_records} decisions, {held}")
    if manifest.log_fault is not None:
        typer.echo(f"the decision log is not whole: {manifest.log_fault}", err=True)
    for one in gone:
        typer.echo(f"removed {one}")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    as_json: AsJson = False,
) -> None:
    """Put a backup back beside a bot that does not run; it is HALTED until a person resumes.

    What is held now, and what was held in the backup, is held afterwards. The database of before
    is kept beside the new one. Exit status: 0 when it is restored, 1 when nothing was changed or
    the flag file says that it was begun, 2 for wrong usage.
    """
    from plimsoll.control.restore import restore as put_back

    outcome = put_back(find(userdir, config, db_url), file.expanduser())
    held = [
        f"{one.mode.name} {one.rule}{f' {one.pair}' if one.pair else ''}: {one.reason}"
        for one in outcome.held
    ]
    if as_json:
        kept = None if outcome.kept is None else str(outcome.kept)
        told = {"held": held, "kept": kept, "log": outcome.log, "notices": outcome.notices}
        print_json(told)
        return
    lines = [f"restored; the decision log was {outcome.log}"]
    if outcome.kept is not None:
        lines.append(f"the database of before is {outcome.kept}")
    lines += [f"held: {one}" for one in held]
    lines += outcome.notices
    lines.append('compare: plimsoll audit; then: plimsoll resume --reason "…", and start the bot')
    typer.echo("\n".join(lines))
