"""The seat of one pair's model: who decides, who forecasts in shadow, and what came of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MOST_PREDECESSORS = 3
MOST_RETIRED = 5


class Role(StrEnum):
    """What a stored model is at the moment."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"
    WAITING = "waiting"
    PREDECESSOR = "predecessor"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Version:
    """One trained model; its files never change.

    Attributes
    ----------
    name
        Unique in its seat, such as ``v0007``.
    sha256
        Of the list of its files and their hashes.
    trained_from, seen_until
        The data that it has seen, labels and test rows included; ``seen_until`` is the close of
        the last candle.
    trained_at
        When the training ended, by the bot's clock.
    """

    name: str
    sha256: str
    trained_from: datetime
    seen_until: datetime
    trained_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one candle made of two models' positions, after costs, as fractions of the stake.

    ``since`` is when the positions were taken: no data before it counts.
    """

    since: datetime
    own: float
    other: float


@dataclass(frozen=True, slots=True)
class Track:
    """The outcomes of a champion (``own``) and another model, both unseen, oldest first."""

    outcomes: tuple[Outcome, ...] = ()
    missing: int = 0

    @property
    def candles(self) -> int:
        """How many candles it covers."""
        return len(self.outcomes) + self.missing


@dataclass(frozen=True, slots=True)
class Stance:
    """A model's position in shadow: -1, 0 or 1, ``None`` without a forecast.

    ``turned`` is how much was bought or sold for it, in positions.
    """

    position: int | None
    turned: int = 0


@dataclass(frozen=True, slots=True)
class Booked:
    """The closed trades of one arm: how many, and the sum of their profits and squares."""

    trades: int = 0
    profit_fraction: float = 0.0
    squares: float = 0.0
    wins: int = 0


@dataclass(frozen=True, slots=True)
class Seat:
    """All that is known of one pair's models; a value, changed by `apply` alone.

    Attributes
    ----------
    latest_at
        The latest moment of any event: an event of before it decides nothing.
    predecessors
        Former champions, the newest last; that one forecasts in shadow too.
    waiting
        Trained while a challenger was on trial; it steps in when that one is judged.
    retired
        Judged and not taken, or rolled back: kept for a person, never taken by rule again.
    training_since
        When a training began that has not ended; ``None`` without one.
    trial, tenure
        Champion against challenger, champion against predecessor.
    traded_until
        When the newest trade that was counted was closed: none is counted twice.
    arms
        What the trades made by who decided on their entries.
    """

    seq: int = 0
    latest_at: datetime | None = None
    champion: Version | None = None
    predecessors: tuple[Version, ...] = ()
    challenger: Version | None = None
    waiting: Version | None = None
    retired: tuple[Version, ...] = ()
    trained_at: datetime | None = None
    training_since: datetime | None = None
    failed_at: datetime | None = None
    trades_since_training: int = 0
    traded_until: datetime | None = None
    drifted: tuple[str, ...] = ()
    candle: datetime | None = None
    close: float | None = None
    stances: Mapping[str, Stance] = field(default_factory=dict)
    trial: Track = Track()
    tenure: Track = Track()
    arms: Mapping[str, Booked] = field(default_factory=dict)

    @property
    def predecessor(self) -> Version | None:
        """The champion before this one."""
        return self.predecessors[-1] if self.predecessors else None

    @property
    def forecasting(self) -> tuple[Version, ...]:
        """Whose forecasts are asked for at each candle, the champion's first."""
        wanted = (self.champion, self.challenger, self.predecessor)
        return tuple(one for one in wanted if one is not None)

    def versions(self) -> Iterator[tuple[Role, Version]]:
        """Yield every version that is kept, with what it is."""
        single = (
            (Role.CHAMPION, self.champion),
            (Role.CHALLENGER, self.challenger),
            (Role.WAITING, self.waiting),
        )
        yield from ((role, one) for role, one in single if one is not None)
        yield from ((Role.PREDECESSOR, one) for one in reversed(self.predecessors))
        yield from ((Role.RETIRED, one) for one in reversed(self.retired))

    def find(self, name: str) -> tuple[Role, Version] | None:
        """Return a version by its name, with what it is; ``None`` when it is not kept."""
        return next(((role, one) for role, one in self.versions() if one.name == name), None)


EMPTY = Seat()
"""Before the first training."""
