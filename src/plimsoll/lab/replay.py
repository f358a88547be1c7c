"""The real bot through recorded or synthetic candles on a stepped clock."""

import hashlib
import json
import re
import resource
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from freqtrade import __version__ as freqtrade_version

import plimsoll
from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.core import UsageError
from plimsoll.lab.book_agreement import BookAgreement
from plimsoll.lab.book_records import compare_books
from plimsoll.lab.drilling.strategy_files import files_of
from plimsoll.lab.replay_checkpoint import clear, last_checkpoint, leave_checkpoint, restore
from plimsoll.lab.replay_data import require_candles
from plimsoll.lab.replay_evidence import Evidence, read_evidence
from plimsoll.lab.replay_plan import ReplayPlan, ReplayProgress, ReplayRecord
from plimsoll.lab.replay_segment import (
    ReplayFolder,
    Segment,
    last_look_ms,
    run_segment,
    segments_of,
)

__all__ = ["ReplayPlan", "ReplayProgress", "ReplayRecord", "run_replay"]

Tell = Callable[[ReplayProgress], None]
PLAN = "plan.json"


def run_replay(plan: ReplayPlan, folder: Path, tell: Tell = lambda _: None) -> ReplayRecord:
    """Replay a plan in ``folder`` and return what it left there.

    A folder that holds the checkpoints of an interrupted replay of the same plan is resumed from
    the last of them. Every process that it starts has ended when it returns or raises.

    Raises
    ------
    UsageError
        When the plan names what is not there, the folder holds another plan's replay, or another
        process replays there.
    PlimsollError
        When the exchange or the bot does not start, or ends before it should.
    """
    _check(plan)
    place = ReplayFolder(folder.resolve())
    with _alone(place):
        return _run(plan, place, tell)


@contextmanager
def _alone(place: ReplayFolder) -> Iterator[None]:
    """Hold the folder for this process; a lock lies beside it and ends with its holder."""
    place.folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place.folder.with_name(f".{place.folder.name}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(f"another replay is at work in {place.folder}") from None
    try:
        yield
    finally:
        lock.release()


def _run(plan: ReplayPlan, place: ReplayFolder, tell: Tell) -> ReplayRecord:
    resumed_at = _prepare(plan, place)
    segments = segments_of(plan)
    left = [one for one in segments if resumed_at is None or one.begin >= resumed_at]
    began, processor = time.monotonic(), _processor_seconds()
    days_run = sum(one.days for one in left)
    done = 0.0
    for segment in left:
        before = done

        def so_far(now: datetime, *, segment: Segment = segment, before: float = before) -> None:
            days = before + (now - segment.begin).total_seconds() / 86_400
            tell(ReplayProgress(now, days, days_run, time.monotonic() - began))

        run_segment(plan, place, segment, so_far)
        leave_checkpoint(place, segment.end)
        done += segment.days
    evidence = read_evidence(place.database, place.state, place.event_log)
    record = ReplayRecord(
        plan=plan,
        folder=place.folder,
        database=place.database,
        decision_log=place.state,
        event_log=place.event_log if place.event_log.exists() else None,
        hash=evidence.hash,
        trades=len(evidence.trades),
        orders=len(evidence.orders),
        fills=len(evidence.fills),
        halts=len(evidence.halts),
        segments=len(segments),
        resumed_at=resumed_at,
        days_run=days_run,
        seconds=time.monotonic() - began,
        processor_seconds=_processor_seconds() - processor,
        agreement=_agreement(plan, place),
    )
    _write_summary(record, evidence)
    return record


def _check(plan: ReplayPlan) -> None:
    naive = plan.begin.tzinfo is None or plan.end.tzinfo is None
    if naive or plan.begin >= plan.end:
        raise UsageError(f"expected a span in UTC, found {plan.begin} to {plan.end}")
    if plan.begin.timestamp() % 86_400 or plan.end.timestamp() % 86_400:
        raise UsageError("expected a span of whole days in UTC")
    if plan.segment_days != int(plan.segment_days):
        raise UsageError(f"expected whole days a segment, found {plan.segment_days:g}")
    if plan.market == "replay" and plan.datadir is None:
        raise UsageError("a replay of recorded candles needs --datadir, a freqtrade data folder")
    for file in (*plan.layers, plan.strategy_path, plan.datadir):
        if file is not None and not file.exists():
            raise UsageError(f"expected {file}, found nothing there")
    require_candles(plan)


def _prepare(plan: ReplayPlan, place: ReplayFolder) -> datetime | None:
    """Lay the folder out; return the instant from which an interrupted replay goes on."""
    wanted, file = _told(plan), place.folder / PLAN
    if file.exists() and json.loads(file.read_text(encoding="utf-8")) != wanted:
        raise UsageError(f"{place.folder} holds the replay of another plan; name another folder")
    checkpoint = last_checkpoint(place)
    if file.exists() and checkpoint is not None:
        return restore(place, checkpoint)
    clear(place)
    file.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    return None


def _told(plan: ReplayPlan) -> dict[str, Any]:
    """Return the plan as JSON has it, with what its files hold."""
    told = {
        **asdict(plan),
        "code": code_fingerprint(),
        "freqtrade": freqtrade_version,
        "layers_hold": _contents(file for file in plan.layers if file.is_file()),
        "strategy_holds": _contents(_strategy_files(plan)),
    }
    return dict(json.loads(json.dumps(told, default=str)))


def _agreement(plan: ReplayPlan, place: ReplayFolder) -> BookAgreement | None:
    """Compare the exchange's books at the end with the database; dry-run has no books."""
    if plan.mode != "live":
        return None
    end_ms = round(plan.end.timestamp() * 1000)
    return compare_books(
        place.books,
        place.database,
        opening_usd=plan.balance_usd,
        seen_ms=last_look_ms(end_ms, plan.realism),
    )


def _contents(files: Iterable[Path]) -> list[str]:
    return [hashlib.sha256(file.read_bytes()).hexdigest() for file in files]


def _strategy_files(plan: ReplayPlan) -> list[Path]:
    """Return the files of a strategy of one's own; those that ship are part of the code."""
    if plan.strategy_path is None:
        return []
    named = re.compile(rf"^class\s+{re.escape(plan.strategy)}\b", re.MULTILINE)
    own = [
        file
        for file in sorted(plan.strategy_path.rglob("*.py"))
        if named.search(file.read_text(encoding="utf-8", errors="replace"))
    ]
    return [one for file in own for one in files_of(file, plan.strategy_path)]


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _write_summary(record: ReplayRecord, evidence: Evidence) -> None:
    """Write ``summary.json`` into the run's folder."""
    plan = record.plan
    closed = [one for one in evidence.trades if not one["is_open"]]
    summary = {
        "plan": _told(plan),
        "plimsoll": plimsoll.__version__,
        "freqtrade": freqtrade_version,
        "hash": record.hash,
        "trades": record.trades,
        "closed_trades": len(closed),
        "orders": record.orders,
        "fills": record.fills,
        "halts": record.halts,
        "profit_usd": sum(one["close_profit_abs"] or 0.0 for one in closed),
        "funding_usd": sum(one["funding_fees"] or 0.0 for one in evidence.trades),
        "segments": record.segments,
        "resumed_at": None if record.resumed_at is None else record.resumed_at.isoformat(),
        "days_run": record.days_run,
        "seconds": round(record.seconds, 1),
        "processor_seconds": round(record.processor_seconds, 1),
        "days_a_minute": round(record.days_a_minute, 1),
        "books": None if record.agreement is None else asdict(record.agreement),
    }
    file = record.folder / "summary.json"
    file.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")
