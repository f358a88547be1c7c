"""The models of a bot as a person sees and changes them, running or not."""

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.champions.requests import ModelRequest, answered, ask, withdraw
from plimsoll.bridge.champions.seats import (
    FOLDER,
    asked_event,
    seats_in,
    step_record,
    untold_records,
)
from plimsoll.bridge.champions.store import SeatStore, is_taken, read_seat
from plimsoll.bridge.champions.versions import DamagedVersionError, VersionFolder
from plimsoll.bridge.state.recorder import secrets_of
from plimsoll.champions.judging import Judgement, compare
from plimsoll.champions.policy import ChampionPolicy
from plimsoll.champions.seat import Seat, Track
from plimsoll.control.bot import Bot
from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.journal.words import is_pair

POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatView:
    """One pair's models at one moment.

    Attributes
    ----------
    runs
        Whether a bot writes the seat now.
    trial, tenure
        Challenger and predecessor against the champion so far; ``None`` without one.
    """

    folder: Path
    identifier: str
    pair: str
    runs: bool
    seat: Seat
    candle_seconds: int
    trial: Judgement | None
    tenure: Judgement | None

    def about(self, name: str) -> Mapping[str, Any]:
        """Return what was written of a version when it was stored; empty when it is damaged."""
        try:
            return VersionFolder(self.folder / "versions").manifest(name)
        except DamagedVersionError:
            return {}

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        seat = self.seat
        return {
            "identifier": self.identifier,
            "pair": self.pair,
            "running": self.runs,
            "versions": [
                {
                    "role": role.value,
                    "name": one.name,
                    "sha256": one.sha256,
                    "trained_from": one.trained_from,
                    "seen_until": one.seen_until,
                    "trained_at": one.trained_at,
                    "measures": self.about(one.name).get("about", {}).get("measures", {}),
                }
                for role, one in seat.versions()
            ],
            "trial": None if self.trial is None else self.trial.to_dict(),
            "tenure": None if self.tenure is None else self.tenure.to_dict(),
            "trades_since_training": seat.trades_since_training,
            "drifted": list(seat.drifted),
            "training_since": seat.training_since,
            "arms": {
                arm: {"trades": one.trades, "profit_fraction": one.profit_fraction}
                for arm, one in seat.arms.items()
            },
            "latest_at": seat.latest_at,
        }


def views(bot: Bot) -> list[SeatView]:
    """Return all seats of a bot, by identifier and pair.

    Raises
    ------
    UsageError
        When it has none.
    """
    root = bot.folder.path / FOLDER
    found = list(_views(root, bot.settings.champion))
    if not found:
        raise UsageError(
            f"no models in {root}: a running bot stores them when plimsoll.champion.enabled is true"
        )
    return found


def view_of(bot: Bot, pair: str, identifier: str | None = None) -> SeatView:
    """Return the seat that a person means.

    Raises
    ------
    UsageError
        When there is none, or more than one.
    """
    known = views(bot)
    found = [
        one for one in known if is_pair(pair, one.pair) and identifier in (None, one.identifier)
    ]
    if len(found) == 1:
        return found[0]
    names = ", ".join(f"{one.pair} ({one.identifier})" for one in known)
    what = "no models" if not found else "models of more than one identifier"
    raise UsageError(f"found {what} of {pair!r}; there are {names}")


def change(bot: Bot, view: SeatView, request: ModelRequest, *, seconds: float) -> tuple[bool, str]:
    """Let a running bot promote or roll back, or do it where none runs; say what became of it.

    Raises
    ------
    PlimsollError
        When it cannot be done: no such version, no predecessor, or the log is another's.
    """
    if not request.reason.strip():
        raise UsageError("expected --reason to say why, found nothing")
    if view.runs:
        return _asked(view, request, seconds)
    now = datetime.now(UTC)
    secret = secrets_of(bot.config)
    with (
        DecisionLog(bot.folder.decisions, secrets=secret) as log,
        SeatStore(view.folder, now) as store,
    ):
        event = asked_event(request, store.seat, now)
        _require_files(store, event.version)
        seat = store.append(event)
        for record in (*untold_records(view.pair, store), step_record(view.pair, event)):
            fields = {name: value for name, value in record.items() if name != "kind"}
            log.append(Kind.MODEL, now, durable=True, **fields)
        store.mark_told()
    champion = "nobody" if seat.champion is None else seat.champion.name
    return True, f"{view.pair}: champion {champion}"


def _asked(view: SeatView, request: ModelRequest, seconds: float) -> tuple[bool, str]:
    number = secrets.token_hex(4)
    ask(view.folder, ModelRequest(request.act, request.version, request.reason, request.by, number))
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        given = answered(view.folder, number)
        if given is not None:
            return given.done, given.text
        time.sleep(POLL_SECONDS)
    if withdraw(view.folder):
        return False, f"the bot did not answer within {seconds:g} s; the request is withdrawn"
    given = answered(view.folder, number)
    return (given.done, given.text) if given else (False, "the bot took the request, see its log")


def _require_files(store: SeatStore, name: str) -> None:
    found = store.seat.find(name)
    if found is None:
        kept = ", ".join(f"{one.name} ({role.value})" for role, one in store.seat.versions())
        raise PlimsollError(f"expected a version to promote, found {name!r}; there are {kept}")
    store.versions.verified(found[1])


def _views(root: Path, policy: ChampionPolicy) -> Iterator[SeatView]:
    for folder, about in seats_in(root):
        seat, seconds = read_seat(folder), int(about.get("candle_seconds") or 3600)
        yield SeatView(
            folder=folder,
            identifier=str(about["identifier"]),
            pair=str(about["pair"]),
            runs=is_taken(folder),
            seat=seat,
            candle_seconds=seconds,
            trial=_so_far(seat.trial, policy, seconds) if seat.challenger else None,
            tenure=_so_far(seat.tenure, policy, seconds) if seat.predecessor else None,
        )


def _so_far(track: Track, policy: ChampionPolicy, seconds: int) -> Judgement:
    """Return how two models compare until now; it decides nothing before the trial's end."""
    return compare(
        track,
        candle_seconds=seconds,
        least=policy.trial_outcomes,
        level=policy.level,
        better_fraction=policy.better_fraction,
        max_missing_fraction=policy.max_missing_fraction,
    )
