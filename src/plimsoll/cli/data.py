"""``plimsoll data``: fill the archive and check it."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from plimsoll.archive.backfill import Outcome, Progress, Request
    from plimsoll.archive.findings import Finding
    from plimsoll.archive.layout import Kind, Series
    from plimsoll.archive.listing import Listing
    from plimsoll.lab.download import Download

app = typer.Typer(help="The candle archive: fill it and check it.", no_args_is_help=True)

ALL_KINDS = "candles,mark,funding,open_interest,ratios,premium"
Configs = Annotated[
    list[Path] | None, typer.Option("--config", "-c", help="Config layers, in order.")
]
Userdir = Annotated[Path, typer.Option(help="Freqtrade's user folder.")]
Datadir = Annotated[
    Path | None, typer.Option(help="Data folder; USERDIR/data/EXCHANGE when left out.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def backfill(
    since: Annotated[str, typer.Option(help="First day, such as 2024-01-01.")],
    until: Annotated[str | None, typer.Option(help="Last day; now when left out.")] = None,
    pairs: Annotated[
        str | None,
        typer.Option(help="BTC/USDT:USDT,ETH/USDT:USDT,…; the config's whitelist when left out."),
    ] = None,
    kinds: Annotated[str, typer.Option(help="What to fill, separated by commas.")] = ALL_KINDS,
    timeframes: Annotated[str, typer.Option(help="Candle lengths, separated by commas.")] = "5m,1h",
    config: Configs = None,
    userdir: Userdir = Path("user_data"),
    datadir: Datadir = None,
    recheck: Annotated[
        bool, typer.Option(help="Compare everything stored with what is published now.")
    ] = False,
    allow_missing: Annotated[
        bool, typer.Option(help="Do not count days that nobody publishes as missing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fill candles, mark, funding, open interest, ratios and premium; safe to repeat and to kill.

    Exit status: 0 when everything asked for is stored, 1 when something could not be had or
    published history was revised, 2 for wrong usage.
    """
    from plimsoll.archive.backfill import Outcome
    from plimsoll.archive.lock import sole_writer
    from plimsoll.archive.manifest import record_series
    from plimsoll.lab.download import askable

    begun = time.monotonic()
    outcome = Outcome()
    span = day_of(since, "--since"), None if until is None else day_of(until, "--until")
    download, request = _plan(pairs, kinds, timeframes, span, config, userdir, datadir, outcome)
    listing = _listing(download, request)
    download, request = askable(download, request, listing, outcome)
    folder = download.datadir
    with sole_writer(folder):
        try:
            _run(download, request, listing, outcome, recheck=recheck)
        finally:
            changed = list({made.series for made in outcome.appended})
            if changed:
                record_series(folder, changed, outcome.revisions, exchange=download.exchange)
    short = bool(outcome.problems or outcome.revisions)
    short = short or (bool(outcome.missing_days) and not allow_missing)
    tell_outcome(outcome, folder, time.monotonic() - begun, as_json=as_json)
    raise typer.Exit(int(short))


@app.command()
def check(
    datadir: Datadir = None,
    pairs: Annotated[
        str | None, typer.Option(help="BTC/USDT:USDT,…; all in the folder when left out.")
    ] = None,
    config: Configs = None,
    userdir: Userdir = Path("user_data"),
    quiet: Annotated[bool, typer.Option(help="Leave out notices.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check every file of a data folder, alone and against its neighbours.

    Exit status: 0 without errors, 1 with errors, 2 for wrong usage.
    """
    from plimsoll.archive.findings import Severity
    from plimsoll.archive.inspection import inspect_folder
    from plimsoll.cli.evidence_json import data_check_evidence
    from plimsoll.core import UsageError

    folder = datadir
    if folder is None:
        from plimsoll.bridge.config.layers import read_layers

        merged = read_layers([file.expanduser() for file in config or []])
        folder = userdir / "data" / str(merged.get("exchange", {}).get("name") or "binance")
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise UsageError(f"expected a Freqtrade data folder, found none at {folder}")
    with _lines() as tell:
        findings = inspect_folder(folder, words_of(pairs) or None, tell, now=datetime.now(UTC))
    shown = [one for one in findings if not (quiet and one.severity is Severity.NOTICE)]
    counts = {
        severity.name.lower(): sum(one.severity is severity for one in findings)
        for severity in reversed(Severity)
    }
    if as_json:
        records = [one.record() for one in shown]
        told = {"datadir": str(folder), "counts": counts, "findings": records}
        typer.echo(json.dumps(data_check_evidence(told, folder)))
    else:
        _print_findings(shown)
        typer.echo(", ".join(f"{count} {name}s" for name, count in counts.items()))
    raise typer.Exit(int(counts["error"] > 0))


@contextmanager
def _lines() -> "Iterator[Callable[[Series], None]]":
    """Yield a callback that shows the current series on standard error, if that is a terminal."""
    from rich.console import Console

    with Console(stderr=True).status("reading") as status:
        yield lambda series: status.update(f"checking {series}")


def _print_findings(findings: "list[Finding]") -> None:
    """Print findings, each remedy once for neighbours that share it."""
    for place, one in enumerate(findings):
        typer.echo(f"{one.severity.name.lower():<8}{one.check:<17} {one.series}: {one.text}")
        following = findings[place + 1] if place + 1 < len(findings) else None
        if following is None or (following.series, following.remedy) != (one.series, one.remedy):
            typer.echo(f"{'':<8}-> {one.remedy}")


def _plan(
    pairs: str | None,
    kinds: str,
    timeframes: str,
    span: tuple[date, date | None],
    config: list[Path] | None,
    userdir: Path,
    datadir: Path | None,
    outcome: "Outcome",
) -> "tuple[Download, Request]":
    """Split the command's options into what Freqtrade fetches and what we fetch."""
    from plimsoll.archive.backfill import METRICS_KINDS, Request
    from plimsoll.archive.layout import Kind, exchange_symbol, require_outer
    from plimsoll.archive.sources import addresses_of, offered_kinds
    from plimsoll.bridge.config.layers import read_layers
    from plimsoll.core import UsageError
    from plimsoll.lab.download import Download

    since, until = span
    wanted = _kinds(kinds)
    if until is not None and until < since:
        raise UsageError(f"expected --until on or after --since, found {until} before {since}")
    files = [file.expanduser().resolve() for file in config or []]
    merged = read_layers(files)
    exchange = str(merged.get("exchange", {}).get("name") or "binance")
    chosen = words_of(pairs) or tuple(merged.get("exchange", {}).get("pair_whitelist", ()))
    if not chosen:
        raise UsageError("expected --pairs, or a config with a pair_whitelist")
    for pair in chosen:
        exchange_symbol(pair)
    asked, refused = offered_kinds(exchange, wanted)
    outcome.notes += refused
    ours = tuple(kind for kind in asked if kind in METRICS_KINDS and exchange == "binance")
    lengths = _lengths(timeframes, exchange, asked, ours, outcome)
    # Freqtrade charges funding on 1 h mark candles, whatever the strategy's timeframe.
    theirs = lengths if Kind.MARK not in asked or "1h" in lengths else (*lengths, "1h")
    folder = require_outer((datadir or userdir / "data" / exchange).expanduser().resolve())
    native = tuple(kind for kind in asked if kind not in ours)
    download = Download(
        exchange, chosen, native, theirs, since, until, tuple(files), userdir.resolve(), folder
    )
    addresses = addresses_of(merged)
    request = Request(chosen, ours, lengths, since, until, addresses.api_url, addresses.archive_url)
    return download, request


def _kinds(text: str) -> "tuple[Kind, ...]":
    from plimsoll.archive.layout import Kind
    from plimsoll.core import UsageError

    fetchable = [kind.value for kind in Kind if kind not in (Kind.INDEX, Kind.SPOT)]
    words = words_of(text)
    wrong = next((word for word in words if word not in fetchable), None if words else "none")
    if wrong is not None:
        raise UsageError(f"expected --kinds of {', '.join(fetchable)}; found {wrong}")
    return tuple(Kind(word) for word in words)


def _lengths(
    text: str,
    exchange: str,
    asked: "tuple[Kind, ...]",
    ours: "tuple[Kind, ...]",
    outcome: "Outcome",
) -> tuple[str, ...]:
    """Return the timeframes; some must fit the kinds that exist from 5 m on."""
    from plimsoll.candles.timeframe import timeframe_seconds
    from plimsoll.core import UsageError
    from plimsoll.lab.download import timeframes_of

    lengths = words_of(text)
    if not lengths:
        raise UsageError("expected --timeframes such as 5m,1h; found none")
    too_short = [length for length in lengths if timeframe_seconds(length) < 300]
    offered = [length for length in timeframes_of(exchange) if not length.endswith("s")]
    if unknown := [length for length in lengths if length not in offered]:
        raise UsageError(
            f"expected --timeframes of {', '.join(offered)}, as {exchange} has them; "
            f"found {unknown[0]}"
        )
    if ours and too_short:
        names, rejected = " and ".join(ours), ", ".join(too_short)
        if ours == asked and too_short == list(lengths):
            raise UsageError(f"expected --timeframes of 5m or longer for {names}; found {rejected}")
        outcome.note(f"{names}: published every 5m, so not for {rejected}")
    return lengths


def _listing(download: "Download", request: "Request") -> "Listing | None":
    """Ask the exchange for its clock and its pairs; None where only Freqtrade knows how to."""
    import pandas as pd

    from plimsoll.archive.listing import Listing, ask_listing
    from plimsoll.core import PlimsollError

    listing = None
    if download.exchange == "binance":
        try:
            listing = asyncio.run(ask_listing(request.api_url))
        except PlimsollError:
            if request.kinds:
                raise
    here = listing or Listing(pd.Timestamp(datetime.now(UTC)), {})
    here.require_begun(download.since)
    return listing


def _run(
    download: "Download",
    request: "Request",
    listing: "Listing | None",
    outcome: "Outcome",
    *,
    recheck: bool,
) -> None:
    from dataclasses import replace

    from plimsoll.archive.backfill import fill
    from plimsoll.lab.download import discard_staging, groups_by_start, note_days, run_download

    def tell(line: str) -> None:
        typer.echo(line, err=True)

    if download.kinds and download.pairs:
        rechecked = replace(download, recheck=recheck)
        for start, group in groups_by_start(rechecked).items():
            words = ", ".join(kind.value for kind in rechecked.kinds)
            tell(f"freqtrade download-data: {words} of {', '.join(group)} from {start}")
            run_download(rechecked, start, group, outcome)
        discard_staging(download.datadir)
        note_days(rechecked, listing, outcome)
    if request.kinds and request.pairs:
        tell(f"daily files of {request.archive_url}, recent rows of {request.api_url}")
        with _bars() as progress:
            rechecked_request = replace(request, recheck=recheck)
            asyncio.run(fill(rechecked_request, download.datadir, progress, outcome))


@contextmanager
def _bars() -> "Iterator[Progress]":
    """Yield a progress that draws one bar a pair on standard error, if that is a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    from plimsoll.archive.backfill import Progress

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("days"),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(stderr=True)) as bars:

        class BarProgress(Progress):
            tasks: dict[str, Any] = {}  # noqa: RUF012 - one use, one instance

            def begin(self, pair: str, days: int) -> None:
                self.tasks[pair] = bars.add_task(pair, total=days)

            def advance(self, pair: str, days: int) -> None:
                bars.advance(self.tasks[pair], days)

        yield BarProgress()


def tell_outcome(outcome: "Outcome", folder: Path, seconds: float, *, as_json: bool) -> None:
    """Print what was added to a data folder and what could not be had."""
    summary = _summary(outcome, folder, seconds)
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        _print_summary(summary)


def _summary(outcome: "Outcome", folder: Path, seconds: float) -> dict[str, Any]:
    from plimsoll.archive.backfill import longest_runs
    from plimsoll.archive.manifest import describe

    added: dict[Series, int] = {}
    for made in outcome.appended:
        added[made.series] = added.get(made.series, 0) + made.added
    files = [
        {**describe(series, folder), "added": added[series]}
        for series in sorted(added)
        if series.path(folder).exists()
    ]
    missing = {
        name: [[str(first), str(last)] for first, last in longest_runs(days)]
        for name, days in sorted(outcome.missing_days.items())
    }
    return {
        "datadir": str(folder),
        "wall_seconds": round(seconds, 1),
        "rows_added": sum(added.values()),
        "files": files,
        "missing_days": missing,
        "revisions": [str(revision) for revision in outcome.revisions],
        "problems": outcome.problems,
        "notes": outcome.notes,
    }


def _print_summary(summary: dict[str, Any]) -> None:
    for file in summary["files"]:
        typer.echo(
            f"{file['pair']:<18} {file['kind']:<14} {file['timeframe']:<4} {file['first']} to "
            f"{file['last']}  {file['rows']:>9,} rows, {file['added']:>9,} new"
        )
    typer.echo(
        f"{summary['rows_added']:,} rows added to {summary['datadir']} "
        f"in {summary['wall_seconds']:.0f} s"
    )
    for line in summary["notes"]:
        typer.echo(f"note: {line}")
    for name, runs in summary["missing_days"].items():
        spans = ", ".join(first if first == last else f"{first} to {last}" for first, last in runs)
        again = "--recheck asks again"
        typer.echo(f"missing: {name}: nothing is published for {spans}; {again}", err=True)
    for line in summary["revisions"]:
        typer.echo(f"revised: {line}; the stored ones were kept", err=True)
    for line in summary["problems"]:
        typer.echo(f"problem: {line}", err=True)


def words_of(text: str | None) -> tuple[str, ...]:
    """Return the parts of a text between commas, each once."""
    parts = (part.strip() for part in (text or "").split(","))
    return tuple(dict.fromkeys(part for part in parts if part))


def day_of(text: str, option: str) -> date:
    """Return the day that an option names.

    Raises
    ------
    UsageError
        When it names none.
    """
    from plimsoll.core import UsageError

    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"expected {option} as YYYY-MM-DD, found {text!r}") from error
