"""What a watchdog keeps from one look to the next, and over its own death."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from plimsoll.monitoring.profile import Act, Condition

HIGHS_KEPT = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One condition while it lasts: seconds are those in which it was looked at.

    A time in which no look was taken is not counted, so that neither a dead watchdog nor a
    clock that jumps makes anything seem to last.
    """

    condition: Condition
    text: str
    since: datetime
    pairs: tuple[str, ...] = ()
    looks: int = 1
    seconds: float = 0.0
    unseen: int = 0
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latch:
    """What is held until a person releases it.

    ``pairs`` are those to close; empty: all. ``asked_at`` is when the bot was told to, ``flat_at``
    since when nothing of them is left.
    """

    act: Act
    since: datetime
    because: str
    pairs: tuple[str, ...] = ()
    asked_at: datetime | None = None
    flat_looks: int = 0
    flat_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class High:
    """The highest equity within one hour."""

    at: datetime
    usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Everything that is kept."""

    looked_at: datetime | None = None
    episodes: Mapping[Condition, Episode] = field(default_factory=dict)
    latch: Latch | None = None
    highs: tuple[High, ...] = ()

    @property
    def high(self) -> High | None:
        """The highest equity that is remembered."""
        return max(self.highs, key=lambda one: one.usd, default=None)

    def with_equity(self, at: datetime, usd: float | None) -> "Memory":
        """Return it with the equity of a look; one that is not known changes nothing."""
        if usd is None:
            return self
        kept = [one for one in self.highs if at - one.at < HIGHS_KEPT]
        hour = [one for one in kept if at - one.at < timedelta(hours=1)]
        if not any(one.usd >= usd for one in hour):
            kept = [one for one in kept if one not in hour] + [High(at=at, usd=usd)]
        return replace(self, highs=tuple(kept))

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        record = asdict(self)
        record["episodes"] = list(record["episodes"].values())
        return record


def memory_from(record: Mapping[str, Any]) -> Memory:
    """Return what :meth:`Memory.as_record` wrote.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is no such record.
    """
    episodes = [_episode(one) for one in record["episodes"]]
    latch = record.get("latch")
    return Memory(
        looked_at=_moment(record.get("looked_at")),
        episodes={one.condition: one for one in episodes},
        latch=None if latch is None else latch_from(latch),
        highs=tuple(
            High(at=_required(one["at"]), usd=float(one["usd"])) for one in record["highs"]
        ),
    )


def latch_from(record: Mapping[str, Any]) -> Latch:
    """Return a latch out of plain values.

    Raises
    ------
    KeyError, TypeError, ValueError
        When it is none.
    """
    return Latch(
        act=Act(record["act"]),
        since=_required(record["since"]),
        because=str(record["because"]),
        pairs=tuple(record.get("pairs", ())),
        asked_at=_moment(record.get("asked_at")),
        flat_looks=int(record.get("flat_looks", 0)),
        flat_at=_moment(record.get("flat_at")),
    )


def _episode(record: Mapping[str, Any]) -> Episode:
    return Episode(
        condition=Condition(record["condition"]),
        text=str(record["text"]),
        since=_required(record["since"]),
        pairs=tuple(record["pairs"]),
        looks=int(record["looks"]),
        seconds=float(record["seconds"]),
        unseen=int(record["unseen"]),
        told_at=_moment(record["told_at"]),
    )


def _required(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else _required(text)
