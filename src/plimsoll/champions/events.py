"""What happens to a seat, in the order in which it is written down."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from plimsoll.champions.errors import SeatError
from plimsoll.champions.seat import Seat, Version

Evidence = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Started:
    """A bot took the seat: a training that had not ended is over."""

    at: datetime
    kind: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class TrainingBegan:
    """A training began, and why."""

    at: datetime
    reason: str
    kind: Literal["training_began"] = "training_began"


@dataclass(frozen=True, slots=True)
class TrainingFailed:
    """A training ended without a model."""

    at: datetime
    reason: str
    kind: Literal["training_failed"] = "training_failed"


@dataclass(frozen=True, slots=True)
class Trained:
    """A model was trained and its files are stored."""

    at: datetime
    version: Version
    kind: Literal["trained"] = "trained"


@dataclass(frozen=True, slots=True)
class CandleClosed:
    """A candle closed, and what each model holds from then on.

    ``candle`` is its open, ``seconds`` its length, ``close`` its price; ``cost_fraction`` is what
    a change of one position costs. A position of ``None`` is no forecast.
    """

    at: datetime
    candle: datetime
    seconds: int
    close: float | None
    positions: Mapping[str, int | None]
    cost_fraction: float
    kind: Literal["candle_closed"] = "candle_closed"


@dataclass(frozen=True, slots=True)
class TradeClosed:
    """A trade was closed at ``closed_at``; ``arm`` is who decided on its entry."""

    at: datetime
    closed_at: datetime
    arm: str
    profit_fraction: float
    kind: Literal["trade_closed"] = "trade_closed"


@dataclass(frozen=True, slots=True)
class Drifted:
    """A feature or the model's errors are distributed otherwise than before."""

    at: datetime
    what: str
    kind: Literal["drifted"] = "drifted"


@dataclass(frozen=True, slots=True)
class Promoted:
    """A version takes the seat; by ``rule``, or by the person named."""

    at: datetime
    version: str
    by: str
    reason: str
    evidence: Evidence = field(default_factory=dict)
    kind: Literal["promoted"] = "promoted"


@dataclass(frozen=True, slots=True)
class Refused:
    """A challenger was judged and not taken."""

    at: datetime
    version: str
    reason: str
    evidence: Evidence = field(default_factory=dict)
    kind: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A champion was compared with its predecessor and stays."""

    at: datetime
    version: str
    reason: str
    evidence: Evidence = field(default_factory=dict)
    kind: Literal["reviewed"] = "reviewed"


@dataclass(frozen=True, slots=True)
class RolledBack:
    """A champion gives the seat back to its predecessor ``version``."""

    at: datetime
    version: str
    by: str
    reason: str
    evidence: Evidence = field(default_factory=dict)
    kind: Literal["rolled_back"] = "rolled_back"


@dataclass(frozen=True, slots=True)
class Lost:
    """The files of a version are gone or changed: it is dropped, whatever it was."""

    at: datetime
    version: str
    reason: str
    kind: Literal["lost"] = "lost"


Event = (
    Started
    | TrainingBegan
    | TrainingFailed
    | Trained
    | CandleClosed
    | TradeClosed
    | Drifted
    | Promoted
    | Refused
    | Reviewed
    | RolledBack
    | Lost
)

Decision = Promoted | Refused | Reviewed | RolledBack
RULE = "rule"
"""Who promotes and rolls back when no person does."""

_EVENTS: TypeAdapter[Event] = TypeAdapter(Annotated[Event, Field(discriminator="kind")])
_SEATS: TypeAdapter[Seat] = TypeAdapter(Seat)


def event_record(event: Event) -> dict[str, Any]:
    """Return an event as plain values; moments are text in UTC."""
    record: dict[str, Any] = _EVENTS.dump_python(event, mode="json")
    return record


def event_from(record: Any) -> Event:
    """Return the event that a record means.

    Raises
    ------
    SeatError
        When it means none.
    """
    try:
        return _EVENTS.validate_python(record)
    except ValidationError as error:
        raise SeatError(f"expected an event of a seat, found {_first(error)}") from None


def seat_record(seat: Seat) -> dict[str, Any]:
    """Return a seat as plain values."""
    record: dict[str, Any] = _SEATS.dump_python(seat, mode="json")
    return record


def seat_from(record: Any) -> Seat:
    """Return the seat that a record means.

    Raises
    ------
    SeatError
        When it means none.
    """
    try:
        return _SEATS.validate_python(record)
    except ValidationError as error:
        raise SeatError(f"expected the state of a seat, found {_first(error)}") from None


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False)[0]
    return f"{fault['msg']} at {'.'.join(map(str, fault['loc'])) or 'the top'}"
