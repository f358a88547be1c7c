"""The real bot through recorded or synthetic candles on a stepped clock."""

import hashlib
import json
import resource
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from freqtrade import __version__ as freqtrade_version

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.freqtrade.strategy_files import strategy_files
from plimsoll.core import UsageError
from plimsoll.lab.book_agreement import BookAgreement
from plimsoll.lab.book_records import compare_books
from plimsoll.lab.drilling.strategy_files import files_of
from plimsoll.lab.replay_checkpoint import clear, last_checkpoint, leave_checkpoint, restore
from plimsoll.lab.replay_data import require_candles
from plimsoll.lab.replay_evidence import read_evidence
from plimsoll.lab.replay_lock import sole_use
from plimsoll.lab.replay_plan import ReplayPlan, ReplayProgress, ReplayRecord
from plimsoll.lab.replay_segment import (
    ReplayFolder,
    Segment,
    in_turn,
    last_look_ms,
    run_segment,
    segments_of,
)
from plimsoll.lab.replay_summary import write_summary

__all__ = ["ReplayPlan", "ReplayProgress", "ReplayRecord", "run_replay"]

Tell = Callable[[ReplayProgress], None]
PLAN = "plan.json"
CONTENT = {
    "code": "the code of Plimsoll",
    "freqtrade": "Freqtrade",
    "layers_hold": "a config layer",
    "strategy_holds": "the strategy's files",
}
"""What a plan's files hold, as an error names it."""


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
    place, told = ReplayFolder(folder.resolve()), _told(plan)
    _require_same_plan(told, place)
    place.folder.mkdir(parents=True, exist_ok=True)
    with sole_use(place.folder) as lock:
        return _run(plan, place, told, tell, lock)


def _run(
    plan: ReplayPlan, place: ReplayFolder, told: dict[str, Any], tell: Tell, lock: int
) -> ReplayRecord:
    """Replay what is left of a plan, in a folder that is locked for it."""
    resumed_at = _prepare(told, place)
    segments = segments_of(plan)
    left = [one for one in segments if resumed_at is None or one.begin >= resumed_at]
    began, processor = time.monotonic(), _processor_seconds()
    days_run = sum(one.days for one in left)
    done = 0.0
    with closing(in_turn(plan, place, left, lock)) as turns:
        for processes in turns:
            segment, before = processes.segment, done

            def so_far(now: datetime, *, of: Segment = segment, before: float = before) -> None:
                days = before + (now - of.begin).total_seconds() / 86_400
                tell(ReplayProgress(now, days, days_run, time.monotonic() - began))

            run_segment(plan, place, processes, so_far)
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
    write_summary(record, evidence, told)
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


def _require_same_plan(told: dict[str, Any], place: ReplayFolder) -> None:
    """Refuse a folder that holds another plan's replay, or that of another code."""
    file = place.folder / PLAN
    if not file.exists():
        return
    held = json.loads(file.read_text(encoding="utf-8"))
    differ = sorted(name for name in {*held, *told} if held.get(name) != told.get(name))
    if differ and not set(differ) - set(CONTENT):
        what = " and ".join(CONTENT[name] for name in differ)
        raise UsageError(f"{what} changed since the replay in {place.folder}; name another folder")
    if differ:
        names = ", ".join(differ)
        raise UsageError(
            f"{place.folder} holds the replay of another plan ({names}); name another folder"
        )


def _prepare(told: dict[str, Any], place: ReplayFolder) -> datetime | None:
    """Lay the folder out; return the instant from which an interrupted replay goes on."""
    file = place.folder / PLAN
    checkpoint = last_checkpoint(place)
    if file.exists() and checkpoint is not None:
        return restore(place, checkpoint)
    clear(place)
    file.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return None


def _told(plan: ReplayPlan) -> dict[str, Any]:
    """Return the plan as JSON has it, with what its files hold."""
    told = {
        **asdict(plan),
        "code": code_fingerprint(),
        "freqtrade": freqtrade_version,
        "layers_hold": [_hash(file) for file in plan.layers if file.is_file()],
        "strategy_holds": _strategy_holds(plan),
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


def _strategy_holds(plan: ReplayPlan) -> dict[str, str]:
    """Return the hashes of what a strategy is made of, and of the modules beside it."""
    if plan.strategy_path is None:
        return {}  # the shipped ones are in the fingerprint of the code
    root = plan.strategy_path
    known = strategy_files([root], recursive=True).strategies
    files = {
        file
        for own in (one.file for one in known if one.name == plan.strategy)
        for file in (*files_of(own, root), *own.parent.glob("*.py"))
    }
    return {str(file.relative_to(root)): _hash(file) for file in sorted(files)}


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
