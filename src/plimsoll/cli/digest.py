"""``plimsoll digest``: a bot's day, week or month as a page, a picture and lines, sent or not."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from plimsoll.cli.digest_run import Asked, Made
    from plimsoll.monitoring.delivery import Delivered
    from plimsoll.performance.calendar_periods import Length
    from plimsoll.reporting.digest_page import DigestFiles

DIGESTS = "digests"

Userdir = Annotated[Path | None, typer.Option(help="The bot's user folder.")]
Config = Annotated[
    list[Path] | None, typer.Option("--config", "-c", help="The bot's config layers, in order.")
]
DbUrl = Annotated[
    str | None,
    typer.Option("--db", "--db-url", help="The bot's database. [default: db_url of the config]"),
]
Daily = Annotated[bool, typer.Option("--daily", help="Of one day.")]
Weekly = Annotated[bool, typer.Option("--weekly", help="Of one week, from Monday. [default]")]
Monthly = Annotated[bool, typer.Option("--monthly", help="Of one month.")]
Of = Annotated[
    str | None,
    typer.Option("--of", help="A day of the period, 2026-11-20. [default: the last that is over]"),
]
Expectation = Annotated[
    Path | None,
    typer.Option(
        help="What the backtest promised, from plimsoll expectation. "
        "[default: plimsoll.expectation_file of the config]"
    ),
]
Benchmark = Annotated[
    str | None,
    typer.Option(help="Pair to hold instead. [default: the traded pairs in equal parts]"),
]
Strategy = Annotated[str | None, typer.Option(help="Only this strategy's trades.")]
Balance = Annotated[
    float | None, typer.Option(min=0.01, help="Starting balance, where none is on record.")
]
Datadir = Annotated[
    Path | None, typer.Option(help="Candle folder. [default: data/<exchange> in the user folder]")
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="Folder of the files. [default: plimsoll/digests in the user folder]"
    ),
]
SendIt = Annotated[
    bool,
    typer.Option("--send", help="Send it to the addresses of PLIMSOLL_WATCH__ALARMS, once each."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as one JSON object.")]


def digest(
    userdir: Userdir = None,
    config: Config = None,
    db_url: DbUrl = None,
    daily: Daily = False,
    weekly: Weekly = False,
    monthly: Monthly = False,
    of: Of = None,
    expectation: Expectation = None,
    benchmark: Benchmark = None,
    strategy: Strategy = None,
    starting_balance: Balance = None,
    datadir: Datadir = None,
    out: Out = None,
    send: SendIt = False,
    as_json: AsJson = False,
) -> None:
    """Tell what a bot did in a whole day, week or month of UTC, and write a page and a picture.

    The bot may be running, and nothing of it is written. Exit status: 0 also for a period of which
    nothing is on record, which it says; 1 when the database cannot be read or an address did not
    take the digest, which a second --send then tries again; 2 for wrong usage.
    """
    from plimsoll.cli.bot_run import Wanted
    from plimsoll.cli.digest_run import Asked, made_digest
    from plimsoll.cli.report_sources import moment_of, url_of
    from plimsoll.monitoring.settings import alarm_addresses

    asked = Asked(
        wanted=Wanted(
            userdir=userdir,
            config=tuple(file.expanduser() for file in config or ()),
            db_url=None if db_url is None else url_of(db_url),
            datadir=datadir,
            benchmark=benchmark,
            strategy=strategy,
            starting_balance=starting_balance,
        ),
        length=length_of(daily=daily, weekly=weekly, monthly=monthly),
        day=moment_of(of, "--of"),
        expectation=expectation,
    )
    urls = _addresses(alarm_addresses(os.environ)) if send else ()
    made = made_digest(asked)
    folder, files = _write(made, asked, out)
    sent = _send(made, files, folder, urls) if send else None
    _tell(made, files, sent, as_json=as_json)
    if sent is not None and sent.failed:
        raise typer.Exit(1)


def length_of(*, daily: bool, weekly: bool, monthly: bool) -> "Length":
    """Return the length that was asked for, a week by default.

    Raises `UsageError` for several.
    """
    from plimsoll.core.errors import UsageError
    from plimsoll.performance.calendar_periods import Length

    if daily + weekly + monthly > 1:
        raise UsageError("expected one of --daily, --weekly and --monthly, found several")
    return Length.DAILY if daily else Length.MONTHLY if monthly else Length.WEEKLY


def _addresses(urls: tuple[str, ...]) -> tuple[str, ...]:
    from plimsoll.core.errors import UsageError
    from plimsoll.monitoring.alarms import require_addresses

    if not urls:
        raise UsageError(
            "--send needs an address: set PLIMSOLL_WATCH__ALARMS, or alarms in the file that "
            "PLIMSOLL_WATCH__SECRETS_FILE names"
        )
    require_addresses(urls)
    return urls


def _write(made: "Made", asked: "Asked", out: Path | None) -> "tuple[Path, DigestFiles]":
    from plimsoll.cli.places import output_folder
    from plimsoll.reporting.digest_page import write_digest

    own = Path("out") if made.bot is None else made.bot.folder.path / DIGESTS
    stem = f"{asked.length}-{made.digest.period.name}"
    with output_folder(out or own, "--out") as folder:
        return folder, write_digest(made.digest, folder, stem)


def _send(made: "Made", files: "DigestFiles", folder: Path, urls: tuple[str, ...]) -> "Delivered":
    from plimsoll.monitoring.delivery import Message, deliver
    from plimsoll.reporting.digest_words import phone_text, title

    message = Message(
        title=title(made.digest),
        text=phone_text(made.digest),
        picture=files.png,
        page=files.html,
    )
    return deliver(message, files.record.stem, urls, folder)


def _tell(made: "Made", files: "DigestFiles", sent: "Delivered | None", *, as_json: bool) -> None:
    from plimsoll.cli.control import print_json
    from plimsoll.reporting.digest_words import text

    paths = {"html": files.html, "png": files.png, "text": files.text, "json": files.record}
    if as_json:
        record: dict[str, Any] = made.digest.as_record()
        record["files"] = {name: str(path) for name, path in paths.items()}
        print_json(record if sent is None else {**record, "delivery": sent.as_record()})
        return
    typer.echo(text(made.digest), nl=False)
    typer.echo("\n".join(str(path) for path in (files.html, files.png)))
    if sent is not None:
        typer.echo(_sent_words(sent), err=bool(sent.failed))


def _sent_words(sent: "Delivered") -> str:
    from plimsoll.reporting.words import counted

    said = [f"sent to {counted(len(sent.sent), 'address', 'addresses')}"]
    if sent.before:
        said.append(f"{len(sent.before)} had it before")
    if sent.failed:
        numbers = ", ".join(map(str, sent.failed))
        said.append(f"NOT DELIVERED to address {numbers}; run it again")
    return "; ".join(said)
