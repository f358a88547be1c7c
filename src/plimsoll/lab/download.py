"""Freqtrade's own downloads for the archive: fetched aside, then appended."""

import errno
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from plimsoll.archive.adopt import (
    adopt,
    confirm,
    discard_unreadable,
    first_day_to_fetch,
    forget_changed,
    note_missing,
)
from plimsoll.archive.backfill import Outcome, Request
from plimsoll.archive.layout import OWN_FOLDER, SUFFIXES, Kind, Series
from plimsoll.archive.listing import Listing
from plimsoll.archive.store import read_series
from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import freqtrade

LOST = re.compile(r"Failed to download history data for pair: .*|Async code raised an exc.*")
"""What Freqtrade logs, with a good status, when a part of a download failed."""
FULL = re.compile("|".join(os.strerror(n) for n in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)))
"""What Freqtrade logs, also with a good status, when there is no room for a file."""
STAGING = "staging"
LONGEST_DOWNLOAD_SECONDS = 12 * 3600.0


@dataclass(frozen=True, slots=True)
class Download:
    """What Freqtrade is to fetch, for which config, into which data folder."""

    exchange: str
    pairs: tuple[str, ...]
    kinds: tuple[Kind, ...]
    timeframes: tuple[str, ...]
    since: date
    until: date | None
    configs: tuple[Path, ...]
    userdir: Path
    datadir: Path
    recheck: bool = False

    def wanted(self, pair: str) -> list[Series]:
        """Return the series of one pair."""
        made = [
            Series(pair, kind, timeframe)
            for kind in self.kinds
            if kind is not Kind.FUNDING
            for timeframe in self.timeframes
        ]
        if Kind.FUNDING in self.kinds:
            made.append(Series(pair, Kind.FUNDING, "1h"))
        return made


def timeframes_of(exchange: str) -> tuple[str, ...]:
    """Return the candle lengths that an exchange offers, as ccxt knows them."""
    import ccxt

    return tuple(getattr(ccxt, exchange)().timeframes or ())


def askable(
    download: Download, request: Request, listing: Listing | None, outcome: Outcome
) -> tuple[Download, Request]:
    """Leave out pairs that have nothing to fetch, and say why in one line each."""
    if listing is None:
        return download, request
    theirs: list[str] = []
    ours: list[str] = []
    for pair in download.pairs:
        if fault := listing.nothing_yet(pair, download.until):
            outcome.problem(fault)
            continue
        ours.append(pair)
        if fault := listing.unknown(pair):
            if not request.kinds:
                outcome.problem(fault)
            continue
        theirs.append(pair)
        if note := listing.later_begin(pair, download.since):
            outcome.note(note)
    return replace(download, pairs=tuple(theirs)), replace(request, pairs=tuple(ours))


def groups_by_start(wish: Download) -> dict[date, list[str]]:
    """Return which pairs must be downloaded from which day on; not those that need nothing.

    What was asked of files that have changed since is forgotten first.
    """
    forget_changed(wish.datadir)
    groups: dict[date, list[str]] = {}
    for pair in wish.pairs:
        starts = [
            first_day_to_fetch(series, wish.datadir, wish.since, wish.until, recheck=wish.recheck)
            for series in wish.wanted(pair)
        ]
        if wish.until is None or min(starts) <= wish.until:
            groups.setdefault(min(starts), []).append(pair)
    return dict(sorted(groups.items()))


def run_download(wish: Download, start: date, pairs: Sequence[str], outcome: Outcome) -> None:
    """Run ``freqtrade download-data`` for pairs that share a start, and append what it brought.

    Interrupted runs are taken up: what Freqtrade had stored aside is kept and continued.

    Raises
    ------
    PlimsollError
        When Freqtrade fails, naming its log, or a file cannot be written. What it had written
        stays aside for the next run.
    """
    own = wish.datadir / OWN_FOLDER
    staging = own / STAGING / f"{start:%Y%m%d}"
    discard_unreadable(staging)
    (staging / "futures").mkdir(parents=True, exist_ok=True)
    log = own / "freqtrade.log"
    said = _download(_arguments(wish, start, pairs, staging), log)
    discard_unreadable(staging)
    wanted = [series for pair in pairs for series in wish.wanted(pair)]
    brought = adopt(staging, wish.datadir, wanted, outcome, wish.until)
    if lost := sorted(set(LOST.findall(said))):
        outcome.problems.append(
            f"freqtrade download-data lost {len(lost)} parts, such as {lost[0].strip()}; "
            f"its log is {log}; run this again"
        )
    else:
        confirm(wish.datadir, brought, start, wish.until)
    shutil.rmtree(staging)


def note_days(wish: Download, listing: Listing | None, outcome: Outcome) -> None:
    """Note the asked days of which nothing is stored, from the day after a pair's listing on.

    Where the exchange does not tell that day, it is taken to be that of the oldest row.
    """
    now = datetime.now(UTC) if listing is None else listing.now
    last = now.date() - timedelta(days=1)
    last = last if wish.until is None else min(last, wish.until)
    for pair in wish.pairs:
        wanted = wish.wanted(pair)
        day = None if listing is None else listing.day_of(pair)
        if day is None:
            stored = (read_series(series, wish.datadir)["date"] for series in wanted)
            day = min((dates.iloc[0].date() for dates in stored if len(dates)), default=None)
        begin = wish.since if day is None else max(wish.since, day + timedelta(days=1))
        note_missing(wish.datadir, wanted, begin, last, outcome)


def _download(arguments: Sequence[str], log: Path) -> str:
    """Run Freqtrade; it goes on, with a good status, after a file that it could not write."""
    try:
        said = freqtrade(arguments, folder=Path.cwd(), log=log, seconds=LONGEST_DOWNLOAD_SECONDS)
    except (PlimsollError, OSError) as error:
        if full := FULL.search(str(error)):
            raise PlimsollError(_no_room(full[0], log)) from error
        raise
    if full := FULL.search(said):
        raise PlimsollError(_no_room(full[0], log))
    return said


def _no_room(reason: str, log: Path) -> str:
    return (
        f"freqtrade download-data could not write into {log.parent / STAGING} ({reason}); what was "
        "stored before is untouched: make room and run the same command again, it goes on where "
        "it stopped"
    )


def discard_staging(datadir: Path) -> None:
    """Remove what interrupted runs with another start left aside."""
    shutil.rmtree(datadir / OWN_FOLDER / STAGING, ignore_errors=True)


def _arguments(wish: Download, start: date, pairs: Sequence[str], staging: Path) -> list[str]:
    end = "" if wish.until is None else f"{wish.until + timedelta(days=1):%Y%m%d}"
    # Freqtrade refuses a user folder that is absent, which a data folder elsewhere does not need.
    userdir = wish.userdir if wish.userdir.is_dir() else staging
    arguments = ["download-data", "--trading-mode", "futures", "--exchange", wish.exchange]
    for file in wish.configs:
        arguments += ["--config", str(file)]
    arguments += ["--userdir", str(userdir), "--datadir", str(staging)]
    arguments += ["--data-format-ohlcv", "feather", "--timerange", f"{start:%Y%m%d}-{end}"]
    arguments += ["--pairs", *pairs, "--timeframes", *wish.timeframes]
    return [*arguments, "--candle-types", *(SUFFIXES[kind] for kind in wish.kinds)]
