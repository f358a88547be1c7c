"""Put a backup back, so that nothing is looser afterwards than it was before.

A bot has two books, its decision log and its database, and so has its backup. What any of the four
holds is held afterwards, and the bot is HALTED besides, until a person has compared it with its
exchange: what happened since the backup is in neither. The log on this machine is never cut back:
either it goes on, or there is none and the backup's is put in its place. So the one move that
exchanges the database is the moment of the restore: before it everything is as it was, after it
everything is restored, and in both cases the log holds the halt.
"""

import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from freqtrade.exceptions import OperationalException
from freqtrade.persistence import PairLocks, Trade, init_db
from sqlalchemy.exc import SQLAlchemyError

import plimsoll
from plimsoll.bridge.account.stored_levels import UnreadableLevelsError
from plimsoll.bridge.account.stored_peak import StoredPeak, read_peak, store_peak
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import ACCEPT, DECISIONS, STATUS, StateFolder
from plimsoll.bridge.state.folder import RESUME as RESUME_REQUEST
from plimsoll.bridge.state.identity import KEYS, Account, account_of
from plimsoll.bridge.state.outbox import OUTBOX
from plimsoll.bridge.state.recorder import secrets_of
from plimsoll.bridge.state.registry import claim
from plimsoll.control.backup import EVIDENCE, kind_of, sqlite_file
from plimsoll.control.backup_file import DATABASE, Manifest, synced, unpacked
from plimsoll.control.backup_file import STATE as STATE_PART
from plimsoll.control.bot import Bot, now_of, rest_state
from plimsoll.control.database import opened_to_read
from plimsoll.control.latch import on_record
from plimsoll.control.rearm import is_written
from plimsoll.core import Mode, PlimsollError, UsageError, Verdict
from plimsoll.journal.files import records_backwards
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import STATE, Key, lasting, union, verdict_fields
from plimsoll.journal.log import DecisionLog
from plimsoll.journal.messages import RESUME
from plimsoll.journal.phrases import LOOK_FIRST

BEGUN = "a restore was begun; run it again, or resume"
"""In the flag file while files are exchanged: a bot that starts in between is HALTED."""
FINEST = "1m"
"""To whose next candle Freqtrade rounds a lock's end; a bot sets its own, and here is none."""
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """How a restore ended.

    Attributes
    ----------
    held
        What holds the bot now.
    kept
        Where the database of before is; ``None`` when there was none.
    log
        ``kept`` when this machine's decision log goes on, ``restored`` when it is the backup's.
    notices
        What a person should know, in words.
    """

    held: tuple[Verdict, ...]
    kept: Path | None
    log: str
    notices: tuple[str, ...]


def restore(bot: Bot, file: Path) -> Restored:
    """Put a backup back beside a bot that does not run; it is HALTED afterwards.

    Raises
    ------
    UsageError
        When the backup, or the config, is not what is needed.
    PlimsollError
        When a bot runs, the backup is damaged, of other versions or of another kind of account,
        or the log on this machine is not the one that the backup is of.
    """
    account = account_of(bot.config)
    if account is None:
        raise UsageError("expected the bot's own layers, each with -c, found no exchange in them")
    if account.live and not _has_key(bot.config):
        raise UsageError(
            "expected the live bot's own key, by which its record is known, found none; set "
            "FREQTRADE__EXCHANGE__KEY as for the bot (set -a; . /etc/plimsoll/bot.env)"
        )
    database = sqlite_file(bot.db_url).resolve()
    _require_stopped(bot)
    try:
        claim(account, {**bot.config, "db_url": f"sqlite:///{database}"})
    except OSError as error:
        raise PlimsollError(f"accounts in use cannot be registered: {error}") from None
    database.parent.mkdir(parents=True, exist_ok=True)
    with unpacked(file, database.parent) as (work, manifest):
        _require_fit(manifest, bot, account)
        return _put_back(bot, account, database, work, manifest)


def _has_key(config: Mapping[str, Any]) -> bool:
    exchange = config["exchange"]
    named = [exchange, *(exchange.get(one) or {} for one in ("ccxt_config", "ccxt_sync_config"))]
    return any(one.get(name) for one in named for name in KEYS)


def _require_stopped(bot: Bot) -> None:
    if is_written(bot.folder.decisions):
        raise PlimsollError(
            f"a bot runs on {bot.folder.path}: halt it, end it, then restore; nothing was changed"
        )
    if (state := rest_state(bot.config)) is not None:
        raise PlimsollError(
            f"a bot answers over REST, {state}: end it, then restore; nothing was changed"
        )


def _require_fit(manifest: Manifest, bot: Bot, account: Account) -> None:
    """Refuse a backup of other versions, or of another kind of account."""
    for name, theirs, ours in (
        ("plimsoll", manifest.plimsoll, plimsoll.__version__),
        ("freqtrade", manifest.freqtrade, version("freqtrade")),
    ):
        if theirs != ours:
            raise PlimsollError(
                f"expected a backup by {name} {ours}, found one by {theirs}; install {name} "
                f"{theirs} in a venv of its own, restore with it, then upgrade (docs/upgrade.md)"
            )
    wanted, found = kind_of(bot.config), (manifest.exchange, manifest.market, manifest.live)
    if wanted != found:
        raise PlimsollError(
            f"expected a backup of {_kind_words(*wanted)} ({account.name}), found one of "
            f"{_kind_words(*found)}; give the layers of the bot that it is of"
        )
    if DATABASE not in manifest.files:
        raise PlimsollError("the backup has no database in it")


def _kind_words(exchange: str, market: str, live: bool) -> str:  # noqa: FBT001 - fields in a row
    return f"{exchange or 'no exchange'} {market} {'live' if live else 'dry-run'}"


def _put_back(
    bot: Bot, account: Account, database: Path, work: Path, manifest: Manifest
) -> Restored:
    folder, kept_state = bot.folder, StateFolder(work / STATE_PART)
    now = now_of(bot, folder.status() or kept_state.status())
    goes_on = _log_goes_on(folder.decisions, kept_state.decisions, manifest)
    restored_url, present_url = f"sqlite:///{work / DATABASE}", f"sqlite:///{database}"
    notices = []
    try:
        held, peak = _held_in(kept_state, bot.config, restored_url, now)
    except PlimsollError as error:
        raise PlimsollError(f"the backup's database cannot be read: {error}") from None
    if database.is_file():
        try:
            also, higher = _held_in(folder, bot.config, present_url, now)
            held, peak = union(held, also), stricter_peak(peak, higher)
        except PlimsollError as error:
            notices.append(f"what the database in place held is not known: {error}")
    # A log without its database still holds what it holds.
    held = union(held, on_record(folder, bot.config, present_url, now).held)
    if manifest.account is not None and manifest.account["digest"] != account.digest:
        notices.append(
            f"the backup is of the account {manifest.account['name']}, this is {account.name}: "
            "another key or address"
        )
    reason = f"restored from the backup of {manifest.made_at}; {LOOK_FIRST}{RESUME}"
    # One halt by the record itself: what the log says of these files now is this one's cause.
    held = {**held, (STATE, None): Verdict(Mode.HALTED, STATE, reason)}
    held = lasting(held, now)
    _write_into(work / DATABASE, held, peak, now)
    was_up, flag = folder.halt_reason(), kept_state.halt_reason()
    was_up = None if was_up == BEGUN else was_up
    folder.set_halt(was_up if was_up is not None else flag or BEGUN)
    for request in (RESUME_REQUEST, ACCEPT):  # of before, and not of what is restored
        (folder.path / request).unlink(missing_ok=True)
    if goes_on:
        _hold_in_log(folder.decisions, bot.config, account, held, now)
    else:
        _install_log(folder, kept_state, bot.config, account, held, now)
    kept = _exchange(database, work / DATABASE)
    if was_up is None and flag is None:
        folder.clear_halt()
    log = "kept" if goes_on else "restored"
    return Restored(held=tuple(held.values()), kept=kept, log=log, notices=tuple(notices))


def _log_goes_on(present: Path, restored: Path, manifest: Manifest) -> bool:
    """Return whether this machine's log goes on; not where it has none, or an older one.

    Raises
    ------
    PlimsollError
        When neither log is the other's beginning: it is another bot's, or of another time.
    """
    mine, theirs = _head(present), _head(restored)
    if theirs is None:
        return True
    if mine is None:
        return False
    if _knows(present, theirs):
        return True
    if _knows(restored, mine):
        return False
    raise PlimsollError(
        f"the decision log in {present} is not the one that the backup of {manifest.made_at} is "
        "of; nothing was changed. If it is another bot's, name that bot's folder with --userdir; "
        "if this log is no longer needed, move it away first, and what it holds with it"
    )


def _head(decisions: Path) -> str | None:
    record = next(records_backwards(decisions), None)
    return None if record is None else str(record["hash"])


def _knows(decisions: Path, head: str) -> bool:
    return any(record["hash"] == head for record in records_backwards(decisions))


def _held_in(
    folder: StateFolder, config: Mapping[str, Any], db_url: str, now: datetime
) -> tuple[dict[Key, Verdict], StoredPeak | None]:
    """Return what log and locks of one side hold, and the highest equity on record there."""
    peak = None
    with opened_to_read(db_url):
        held = locks.held_verdicts(now)
        with suppress(UnreadableLevelsError):  # the start tells it, and takes no entries
            peak = read_peak()
    return union(on_record(folder, config, db_url, now).held, held), peak


def stricter_peak(one: StoredPeak | None, other: StoredPeak | None) -> StoredPeak | None:
    """Return the higher of two highest equities: the terminal drawdown is measured from it.

    That a person went on beyond it counts only where both say so.
    """
    if one is None or other is None:
        return one or other
    if other.capital_usd is not None:
        one = one.at_capital(other.capital_usd)
    higher = max(one, other, key=lambda peak: peak.peak_usd or 0.0)
    if one.beyond_at is None or other.beyond_at is None:
        return replace(higher, beyond_at=None)
    return replace(higher, beyond_at=min(one.beyond_at, other.beyond_at))


def _write_into(
    file: Path, held: Mapping[Key, Verdict], peak: StoredPeak | None, now: datetime
) -> None:
    """Lock what is held, and store the peak, in a database that no bot uses yet."""
    try:
        init_db(f"sqlite:///{file}")
        timeframe, PairLocks.timeframe = PairLocks.timeframe, FINEST
        try:
            for verdict in held.values():
                locks.hold(verdict, now)
            if peak is not None:
                store_peak(peak)
            Trade.session.commit()
        finally:
            PairLocks.timeframe = timeframe
            engine = Trade.session.get_bind()
            Trade.session.remove()
            engine.dispose()
        _settled(file)
    except (OperationalException, SQLAlchemyError, sqlite3.Error) as error:
        said = str(error).splitlines()[0]
        raise PlimsollError(f"the backup's database cannot be used: {said}") from None


def _settled(file: Path) -> None:
    """Bring what lies beside a database into it, so that one file is all of it."""
    with closing(sqlite3.connect(file, timeout=5)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.execute("PRAGMA journal_mode=DELETE")


def _hold_in_log(
    decisions: Path,
    config: Mapping[str, Any],
    account: Account,
    held: Mapping[Key, Verdict],
    now: datetime,
) -> None:
    """Record what is held: a person may have ended in this log what the backup holds."""
    with DecisionLog(decisions, secrets=secrets_of(config)) as log:
        for verdict in held.values():
            kind = Kind.HALT if verdict.mode is Mode.HALTED else Kind.VERDICT
            fields = verdict_fields(verdict)
            log.append(kind, now, durable=True, event="restored", account=account.digest, **fields)


def _install_log(
    folder: StateFolder,
    kept_state: StateFolder,
    config: Mapping[str, Any],
    account: Account,
    held: Mapping[Key, Verdict],
    now: datetime,
) -> None:
    """Put the backup's log, with what is held, where there is none or an older one."""
    _hold_in_log(kept_state.decisions, config, account, held, now)
    present = folder.decisions
    if present.is_dir() and any(not one.name.startswith(".") for one in present.iterdir()):
        aside = present.with_name(f"{DECISIONS}-before-restore-{_clock()}")
        present.replace(aside)
    else:
        shutil.rmtree(present, ignore_errors=True)
        for name in (STATUS, OUTBOX, EVIDENCE):
            source, target = kept_state.path / name, folder.path / name
            if source.exists() and not target.exists():
                shutil.move(source, target)
    for file in kept_state.decisions.iterdir():
        if file.name.startswith("."):
            file.unlink()
        else:
            synced(file)
    part = present.with_name(f".{DECISIONS}.{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(kept_state.decisions, part)
    part.chmod(0o700)
    part.replace(present)
    synced(folder.path)


def _exchange(database: Path, restored: Path) -> Path | None:
    """Put a database in place of another in one move; return where the other is kept."""
    kept = None
    if database.is_file():
        with suppress(sqlite3.Error):  # a damaged one is kept as it is
            _settled(database)
        kept = database.with_name(f"{database.name}.before-restore-{_clock()}")
        _link(database, kept)
    for end in _BESIDE:  # what SQLite would read into the database that comes
        file = Path(f"{database}{end}")
        if file.exists():
            if kept is not None:
                _link(file, Path(f"{kept}{end}"))
            file.unlink()
    restored.chmod(0o600)
    synced(restored)
    restored.replace(database)
    synced(database.parent)
    return kept


def _link(file: Path, to: Path) -> None:
    try:
        to.hardlink_to(file)
    except OSError:  # a file system without links
        shutil.copy2(file, to)


def _clock() -> str:
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
