"""What the guards did in a run: halts, closings, denials and cuts, as a backtest's result has it.

The section ``plimsoll`` of a strategy in Freqtrade's exported result::

    {"guards": "enforce", "profile": {...}, "rearm": {...},
     "acts": [...], "denials": [...], "totals": {...}}

Moments are ISO 8601 in UTC there and ``datetime`` here; money is of the stake currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from plimsoll.performance.errors import MeasureError

SECTION = "plimsoll"
"""The key of a strategy's statistics under which Freqtrade's result has what the guards did."""

HALTED, FLATTEN, REDUCING = "halted", "flatten", "reducing"
ENDED, REARMED, CLOSED, PROBATION_ENDED = "ended", "rearmed", "closed", "probation_ended"
EVENTS = (HALTED, FLATTEN, REDUCING, ENDED, REARMED, CLOSED, PROBATION_ENDED)
"""What an act may be: a verdict that acts, its end, a re-arming, a position that was closed."""

ENTRY, ADDITION, CUT, LEVERAGE = "entry", "addition", "cut", "leverage"
KINDS = (ENTRY, ADDITION, CUT, LEVERAGE)
"""What may be denied: an entry, an addition, a part of a stake, a part of a leverage."""

ENFORCE, OBSERVE, OFF = "enforce", "observe", "off"
GUARDS = (ENFORCE, OBSERVE, OFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedPosition:
    """A position that a guard has closed: when it was opened, its stake and what it made."""

    open_time: datetime
    stake_usd: float
    profit_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that a guard did, or would have done where it only observed.

    Attributes
    ----------
    at
        When, UTC.
    event
        One of `EVENTS`.
    rule
        The guard's name; of a re-arming, the rules that it ended.
    pair
        The pair it is about; ``None`` for the whole account.
    until
        When it ends by itself; ``None`` when it does not, or has no end.
    value, limit
        The measured value and its limit; ``None`` where there is no number.
    reason
        One line in words.
    observed
        Whether it was only noted: nothing was refused, cut or closed.
    trade
        The position of a `CLOSED`; ``None`` otherwise.
    """

    at: datetime
    event: str
    rule: str
    pair: str | None = None
    until: datetime | None = None
    value: float | None = None
    limit: float | None = None
    reason: str = ""
    observed: bool = False
    trade: ClosedPosition | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Denials:
    """How often one rule has denied or cut one kind of thing.

    ``stake_usd`` is the sum of the stakes denied, or of the parts cut off; 0 for leverage.
    ``by_day`` counts by the UTC day.
    """

    rule: str
    kind: str
    count: int
    first: datetime
    last: datetime
    stake_usd: float = 0.0
    by_day: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The sums of a run. Days are of 24 hours; a day halted is one under a halt of the account.

    ``entries_asked`` are the entries that the strategy wanted, ``entries_denied`` those of them
    that a guard refused; ``rearmed`` counts re-armings.
    """

    days_halted: float = 0.0
    days_of_run: float = 0.0
    rearmed: int = 0
    entries_asked: int = 0
    entries_denied: int = 0
    stakes_cut: int = 0
    positions_closed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardActs:
    """What the guards of one strategy did in one run.

    ``guards`` is one of `GUARDS`; ``profile`` the risk profile and ``rearm`` the policy of
    re-arming that stood in for a person, both as the config has them. ``acts`` are the oldest
    first.
    """

    guards: str = ENFORCE
    profile: Mapping[str, Any] = field(default_factory=dict)
    rearm: Mapping[str, Any] = field(default_factory=dict)
    acts: Sequence[Act] = ()
    denials: Sequence[Denials] = ()
    totals: Totals = field(default_factory=Totals)

    @classmethod
    def from_result(cls, statistics: Mapping[str, Any]) -> "GuardActs | None":
        """Read one strategy's statistics, ``strategy[NAME]`` of Freqtrade's exported result.

        Returns ``None`` for a run without any: one of plain Freqtrade, an older one, or one that
        is stitched of several.

        Raises
        ------
        MeasureError
            When the section is there and is not of this shape.
        """
        section = statistics.get(SECTION)
        if section is None or (
            isinstance(section, Mapping) and section and not _PARTS & section.keys()
        ):
            return None
        try:
            return cls(
                guards=section["guards"],
                profile=section["profile"],
                rearm=section["rearm"],
                acts=tuple(_act(one) for one in section["acts"]),
                denials=tuple(_denials(one) for one in section["denials"]),
                totals=_totals(section["totals"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise MeasureError(
                f"what the guards did cannot be read from this result "
                f"({type(error).__name__}: {error}); run the backtest again"
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """Return the section as JSON holds it; `from_result` reads it back."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain

    @property
    def observed(self) -> bool:
        """Whether the guards only observed: what stands here is what they would have done."""
        return self.guards == OBSERVE

    @property
    def halts(self) -> tuple[Act, ...]:
        """The halts of the whole account, oldest first."""
        return tuple(act for act in self.acts if act.event == HALTED and act.pair is None)

    @property
    def closed(self) -> tuple[Act, ...]:
        """The positions that a guard has closed, oldest first."""
        return tuple(act for act in self.acts if act.event == CLOSED)


_PARTS = frozenset(one.name for one in fields(GuardActs))


def _totals(record: Mapping[str, Any]) -> Totals:
    known = _known(Totals, record)
    if words := [name for name, value in known.items() if not isinstance(value, int | float)]:
        raise TypeError(f"expected numbers, found {words[0]} {known[words[0]]!r}")
    return Totals(**known)


def _act(record: Mapping[str, Any]) -> Act:
    trade = record.get("trade")
    return Act(
        **{
            **_known(Act, record),
            "at": _moment(record["at"]),
            "until": None if record.get("until") is None else _moment(record["until"]),
            "trade": None if trade is None else _position(trade),
        }
    )


def _position(record: Mapping[str, Any]) -> ClosedPosition:
    known = _known(ClosedPosition, record)
    return ClosedPosition(**{**known, "open_time": _moment(record["open_time"])})


def _denials(record: Mapping[str, Any]) -> Denials:
    return Denials(
        **{
            **_known(Denials, record),
            "first": _moment(record["first"]),
            "last": _moment(record["last"]),
            "by_day": {date.fromisoformat(day): n for day, n in record["by_day"].items()},
        }
    )


def _known(kind: type, record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a class has a field for: a later version may have written more."""
    return {one.name: record[one.name] for one in fields(kind) if one.name in record}


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, float) and not isfinite(value):  # JSON has no such number
        return None
    return value
