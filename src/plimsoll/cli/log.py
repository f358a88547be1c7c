"""``plimsoll log``: verify and read the decision log; why was there no trade?"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from plimsoll.journal.check import Verification

app = typer.Typer(help="What the bot decided, and why.", no_args_is_help=True)

Userdir = Annotated[Path, typer.Option(help="Freqtrade's user folder.")]
Folder = Annotated[
    Path | None,
    typer.Option(help="The log's own folder. [default: plimsoll/decisions in the user folder]"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def verify(
    userdir: Userdir = Path("user_data"),
    folder: Folder = None,
    head: Annotated[
        str | None,
        typer.Option(help="A head hash noted earlier; exposes a log whose end was cut off."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that no byte, line or file was changed, moved or removed; status 1 if one was."""
    from plimsoll.journal import check as journal_check

    log = _log_folder(userdir, folder)
    verification = journal_check.verify(log, head=_hash(head))
    if as_json:
        _print_json(verification.as_record())
    else:
        typer.echo(_summary(verification))
    if verification.fault is not None:
        raise typer.Exit(1)


@app.command()
def tail(
    userdir: Userdir = Path("user_data"),
    folder: Folder = None,
    count: Annotated[
        int, typer.Option("-n", "--count", min=0, help="Number of records to show.")
    ] = 20,
    follow: Annotated[
        bool, typer.Option(help="Keep printing new records as they are written.")
    ] = False,
    kind: Annotated[
        list[str] | None, typer.Option(help="Only this kind, such as denial; may be repeated.")
    ] = None,
    pair: Annotated[str | None, typer.Option(help="Only BTC, or BTC/USDT:USDT.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the newest records, oldest first; times are UTC."""
    from plimsoll.journal.tail import Wanted, follow_records, newest_records
    from plimsoll.journal.words import readable

    log = _log_folder(userdir, folder)
    wanted = Wanted(kinds=_kinds(kind), pair=pair)
    newest, position = newest_records(log, wanted, count)
    later = follow_records(log, wanted, position) if follow else ()
    for records in (newest, later):
        for record in records:
            if as_json:
                _print_json(record)
            else:
                typer.echo(readable(record, only=pair))
            sys.stdout.flush()


@app.command()
def why(
    pair: Annotated[str, typer.Argument(help="BTC, BTC/USDT or BTC/USDT:USDT.")],
    userdir: Userdir = Path("user_data"),
    folder: Folder = None,
    at: Annotated[
        str | None,
        typer.Option(help="14:05 or 2026-11-20T14:05, UTC. [default: the newest record]"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Explain why a pair was not traded at a time, or what became of its order."""
    from plimsoll.journal.why import why as explain
    from plimsoll.journal.words import printable

    explanation = explain(_log_folder(userdir, folder), pair, at=at)
    if as_json:
        _print_json(explanation.as_record())
        return
    for line in explanation.lines:
        typer.echo(printable(line))


def _log_folder(userdir: Path, folder: Path | None) -> Path:
    from plimsoll.journal.files import FOLDER, existing_log

    return existing_log((userdir / FOLDER if folder is None else folder).expanduser().resolve())


def _hash(head: str | None) -> str | None:
    from plimsoll.core import UsageError

    if head is not None and not (8 <= len(head) <= 64 and set(head) <= set("0123456789abcdef")):
        raise UsageError(f'expected --head to be 8 to 64 hexadecimal digits, found "{head}"')
    return head


def _kinds(kinds: list[str] | None) -> frozenset[str]:
    from plimsoll.core import UsageError
    from plimsoll.journal.kind import Kind

    unknown = set(kinds or ()) - set(Kind)
    if unknown:
        raise UsageError(
            f"expected --kind to be one of {', '.join(Kind)}; found {', '.join(sorted(unknown))}"
        )
    return frozenset(kinds or ())


def _summary(verification: "Verification") -> str:
    from plimsoll.journal.words import time_words

    if verification.fault is not None:
        line = f", line {verification.fault.line}" if verification.fault.line is not None else ""
        fault = f"not whole: {verification.fault.file}{line}: {verification.fault.what}"
        return f"{fault} ({verification.records:,} records before it)"
    span = f"{time_words(verification.first_at or '')} to {time_words(verification.last_at or '')}"
    files = "1 file" if verification.files == 1 else f"{verification.files:,} files"
    said = [f"whole: {verification.records:,} records in {files}, {span}"]
    if verification.recoveries:
        torn = len(verification.torn_files)
        said.append(
            f"continued after a crash: {verification.recoveries} times, {torn} torn lines kept"
        )
    return "\n".join([*said, f"head: {verification.head}"])


def _print_json(record: object) -> None:
    import orjson

    typer.echo(orjson.dumps(record, default=str).decode())
