"""The seats of all pairs of one bot: every step is written down, logged and told."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import RLock
from typing import Any

from plimsoll.bridge.champions.requests import ModelAnswer, ModelRequest, answer, take
from plimsoll.bridge.champions.store import SeatStore
from plimsoll.bridge.champions.versions import DamagedVersionError, Made
from plimsoll.bridge.champions.whole_files import write_durably
from plimsoll.bridge.state.recorder import Record, silent
from plimsoll.champions.errors import SeatError
from plimsoll.champions.events import (
    CandleClosed,
    Event,
    Lost,
    Promoted,
    RolledBack,
    Started,
    TradeClosed,
    Trained,
)
from plimsoll.champions.judging import decide
from plimsoll.champions.policy import ChampionPolicy
from plimsoll.champions.seat import Seat, Version
from plimsoll.core import PlimsollError
from plimsoll.journal.kind import Kind
from plimsoll.journal.model_words import model_message, must_arrive

logger = logging.getLogger(__name__)

FOLDER, ABOUT = "champions", "about.json"
QUIET = (Started, CandleClosed, TradeClosed)
"""Events that are in the journal alone: the log has candles, orders and exits of its own."""

_open: dict[Path, SeatStore] = {}


@dataclass(frozen=True, slots=True)
class Telling:
    """Where a step goes: the decision log, and the people."""

    record: Record = silent
    tell: Callable[[str], object] = silent
    mention: Callable[[str], object] = silent


class Seats:
    """The seats of one identifier, a folder a pair, each opened when it is first asked for.

    Parameters
    ----------
    root
        ``champions/IDENTIFIER`` of the bot's state folder.
    """

    def __init__(
        self, root: Path, policy: ChampionPolicy, telling: Telling, *, candle_seconds: int
    ) -> None:
        self.root, self.policy, self.candle_seconds = root, policy, candle_seconds
        self._telling = telling
        self._mutex = RLock()

    def store(self, pair: str, now: datetime) -> SeatStore:
        """Return this process's store of a pair: one, also after ``/reload_config``.

        Raises
        ------
        PlimsollError
            When another bot has it, or it cannot be read.
        """
        folder = self.root / slug(pair)
        with self._mutex:
            found = _open.get(folder)
            if found is None:
                found = _open[folder] = SeatStore(folder, now)
                about = {"pair": pair, "candle_seconds": self.candle_seconds}
                about["trial_outcomes"] = self.policy.trial_outcomes
                write_durably(folder / ABOUT, json.dumps(about).encode())
                for notice in found.notices:
                    logger.warning("plimsoll: models of %s: %s", pair, notice)
                for record in untold_records(pair, found):
                    self._give(record, now)
                found.mark_told()
            return found

    def seat(self, pair: str, now: datetime) -> Seat:
        """Return the seat of a pair."""
        return self.store(pair, now).seat

    def take(self, pair: str, event: Event) -> Seat:
        """Let an event hold, then log and tell it; return the seat."""
        with self._mutex:
            store = self.store(pair, event.at)
            seat = store.append(event)
            self._tell(pair, event)
            if not isinstance(event, QUIET):
                store.mark_told()
            return seat

    def train(self, pair: str, made: Made, write: Callable[[Path], None]) -> Version:
        """Store a model that was trained; the first one of a pair is its champion."""
        with self._mutex:
            store = self.store(pair, made.trained_at)
            version = store.train(made, write)
            self._tell(pair, Trained(made.trained_at, version), store.seat)
            store.mark_told()
            return version

    def decide(self, pair: str, now: datetime) -> Seat:
        """Let the rules decide what there is to decide; return the seat."""
        seat = self.seat(pair, now)
        while (
            decision := decide(seat, now, self.policy, candle_seconds=self.candle_seconds)
        ) is not None:
            seat = self.take(pair, decision)
        return seat

    def verified(self, pair: str, version: Version, now: datetime) -> Path | None:
        """Return the folder of a version's files; ``None`` when they are not as they were.

        The version is dropped then: a champion gives the seat to its predecessor.
        """
        store = self.store(pair, now)
        try:
            return store.versions.verified(version)
        except DamagedVersionError as error:
            if store.seat.find(version.name) is not None:
                self.take(pair, Lost(now, version.name, str(error)))
            return None

    def hear(self, pair: str, now: datetime) -> None:
        """Do what a person asks of a pair's models, and answer."""
        folder = self.root / slug(pair)
        try:
            request = take(folder)
        except PlimsollError as error:
            logger.warning("plimsoll: %s", error)
            return
        if request is None:
            return
        try:
            seat = self.take(pair, asked_event(request, self.seat(pair, now), now))
            held = "nobody" if seat.champion is None else seat.champion.name
            given = ModelAnswer(request.number, done=True, text=f"{pair}: champion {held}")
        except (PlimsollError, OSError) as error:
            given = ModelAnswer(request.number, done=False, text=str(error))
        answer(folder, given)

    def _tell(self, pair: str, event: Event, seat: Seat | None = None) -> None:
        if isinstance(event, QUIET):
            return
        self._give(step_record(pair, event, seat), event.at)

    def _give(self, record: Mapping[str, Any], at: datetime) -> None:
        fields = {name: value for name, value in record.items() if name != "kind"}
        self._telling.record(Kind.MODEL, at, durable=True, **fields)
        if (text := model_message(record)) is not None:
            (self._telling.tell if must_arrive(record) else self._telling.mention)(text)


def untold_records(pair: str, store: SeatStore) -> Iterator[dict[str, Any]]:
    """Yield, as the log has them, the steps that a kill kept from it."""
    for event, seat in store.untold:
        if not isinstance(event, QUIET):
            record = step_record(pair, event, seat)
            said = f"of {event.at:%Y-%m-%d %H:%M} UTC, before a kill"
            reason = f"{record['reason']} ({said})" if record["reason"] else said
            yield {**record, "reason": reason}


def asked_event(request: ModelRequest, seat: Seat, now: datetime) -> Promoted | RolledBack:
    """Return the event that a person asks for.

    Raises
    ------
    SeatError
        When there is no such version to promote, or no predecessor to go back to.
    """
    if request.act == "rollback":
        if seat.predecessor is None:
            raise SeatError("expected a predecessor to go back to, found none")
        return RolledBack(now, seat.predecessor.name, request.by, request.reason)
    version = request.version or (seat.challenger.name if seat.challenger else "")
    if not version:
        raise SeatError("expected a challenger to promote, found none; name a version")
    return Promoted(now, version, request.by, request.reason)


def step_record(pair: str, event: Event, seat: Seat | None = None) -> dict[str, Any]:
    """Return an event as the decision log has it; ``seat`` is the one after a training."""
    model: Any = getattr(event, "version", None)
    reason = getattr(event, "reason", None) or getattr(event, "what", None)
    if isinstance(event, Trained):
        model = event.version.name
        found = None if seat is None else seat.find(model)
        reason = f"on data until {event.version.seen_until:%Y-%m-%d %H:%M} UTC"
        reason += "" if found is None else f"; it is {found[0].value}"
    return {
        "kind": Kind.MODEL,
        "event": event.kind,
        "pair": pair,
        "model": model,
        "by": getattr(event, "by", "rule"),
        "reason": reason,
        "evidence": dict(getattr(event, "evidence", {})),
    }


def slug(pair: str) -> str:
    """Return a pair as the name of a folder."""
    return "".join(one if one.isalnum() else "_" for one in pair)


def seats_in(root: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the folder of every seat below ``champions``, and what is told of it."""
    for file in sorted(root.glob(f"*/*/{ABOUT}")):
        about: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            about = json.loads(file.read_bytes())
        yield (
            file.parent,
            {"pair": file.parent.name, **about, "identifier": file.parent.parent.name},
        )


def close_all() -> None:
    """Let go of every seat of this process."""
    while _open:
        _open.popitem()[1].close()
