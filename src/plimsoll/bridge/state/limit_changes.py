"""Which limits hold when a bot starts: as before, as its layers say, as a person accepted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.layer_order import LoosenedLimit, loosened_limits
from plimsoll.bridge.state.recorder import Record
from plimsoll.journal.files import newest_of
from plimsoll.journal.kind import Kind
from plimsoll.journal.limit_words import layer_words
from plimsoll.journal.messages import looser_limits
from plimsoll.risk import RiskProfile
from plimsoll.risk.looser import LimitsInForce, limits_in_force, recorded_profile

LOOSER, ACCEPTED = "looser", "accepted"
"""Events of a `Kind.LIMITS` record: a start found looser limits; a person accepted some."""
EXPECTATION = "expectation_file"
LIVE, DRY_RUN = "live", "dry_run"
"""Freqtrade's names of the two modes of a running bot."""


@dataclass(frozen=True, slots=True)
class LimitChanges:
    """The limits that hold from a start on, and what became looser.

    Attributes
    ----------
    in_force
        The profile, and what of the one asked for is held back.
    layers
        What a later layer of the same config loosened, where it was not in force already.
    expectation_before
        The file that `divergence` measured by, when the config names none any more: no limit, and
        told like one that is off, but not held back.
    """

    in_force: LimitsInForce
    layers: Sequence[LoosenedLimit] = ()
    expectation_before: str | None = None

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """By limit: what was in force, and what was asked for."""
        looser = self.in_force.looser.items()
        changes = {name: (change.before, change.after) for name, change in looser}
        if self.expectation_before is not None:
            changes[EXPECTATION] = (self.expectation_before, None)
        return changes

    @property
    def held_back(self) -> dict[str, tuple[Any, Any]]:
        """By limit: what is in force, and what waits for a person."""
        held = self.in_force.held_back
        return {name: change for name, change in self.changes.items() if name in held}

    def facts(self) -> dict[str, Any]:
        """Return what the status says of limits: ``held_back``, while something is."""
        return {"held_back": self.held_back} if self.held_back else {}

    def record(self, record: Record, now: datetime) -> None:
        """Record what became looser; nothing when nothing did."""
        if not self.changes:
            return
        record(
            Kind.LIMITS,
            now,
            durable=True,
            event=LOOSER,
            changes={
                name: {"before": before, "after": after, "in_force": name not in self.held_back}
                for name, (before, after) in self.changes.items()
            },
            layers={one.name: [one.strict_source, one.source] for one in self.layers},
        )

    def record_acceptance(self, record: Record, now: datetime, *, reason: str, by: str) -> None:
        """Record that a person accepts what is held back; nothing when nothing is."""
        if not self.held_back:
            return
        record(
            Kind.LIMITS,
            now,
            durable=True,
            event=ACCEPTED,
            mode=LIVE,
            accepted={name: after for name, (_, after) in self.held_back.items()},
            changes={
                name: {"before": before, "after": after}
                for name, (before, after) in self.held_back.items()
            },
            reason=reason,
            by=by,
        )

    def words(self) -> str | None:
        """Return the message of what became looser; ``None`` when nothing did."""
        if not self.changes:
            return None
        layers = [
            layer_words(one.name, one.strict, one.strict_source, one.value, one.source)
            for one in self.layers
        ]
        return looser_limits(self.changes, list(self.held_back), layers)


def limit_changes(
    decisions: Path, config: Mapping[str, Any], asked: RiskProfile, *, mode: str
) -> LimitChanges:
    """Compare the limits of a config with what was in force at the last start in the same mode.

    ``decisions`` is the folder of the decision log, which may not exist yet; ``config`` is as
    Freqtrade hands it to a strategy, or as `plimsoll.bridge.config.layers` reads it. ``mode`` is
    `LIVE` or `DRY_RUN`: only where money is at stake must a person accept.

    Raises
    ------
    UsageError
        When a file of the config cannot be read again.
    """
    start, accepted = _last_limits(decisions, mode=mode)
    earlier = None if start is None else _mapping(start.get("profile"))
    layers = loosened_limits(config.get("config_files", ()))
    in_force = limits_in_force(
        asked,
        earlier=None if earlier is None else recorded_profile(earlier, asked),
        layers={one.name: one.strict for one in layers},
        accepted=accepted,
        needs_acceptance=mode == LIVE,
    )
    return LimitChanges(
        in_force,
        [one for one in layers if one.name in in_force.looser],
        _expectation_gone(start, config),
    )


def _last_limits(
    decisions: Path, **same: Any
) -> tuple[Mapping[str, Any] | None, Mapping[str, Any]]:
    """Return the newest start with these fields, and what was accepted since."""
    accepted: dict[str, Any] = {}
    for record in newest_of(decisions, (Kind.START, Kind.LIMITS)):
        if record["kind"] == Kind.LIMITS:
            if record.get("event") == ACCEPTED and record.get("mode") == same["mode"]:
                accepted = {**_mapping(record.get("accepted")), **accepted}
        elif all(record.get(name) == value for name, value in same.items()):
            return record, accepted
    return None, accepted


def _expectation_gone(start: Mapping[str, Any] | None, config: Mapping[str, Any]) -> str | None:
    """Return the expectation of a start's config that this one lacks; ``None`` without one."""
    before = _mapping((start or {}).get("config")).get(f"plimsoll.{EXPECTATION}")
    now = _mapping(config.get("plimsoll")).get(EXPECTATION)
    return str(before) if before and not now else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
