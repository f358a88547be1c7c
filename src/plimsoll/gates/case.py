"""All that a gate is judged on: one strategy, the moment, and the evidence that was filed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from plimsoll.core import PlimsollError
from plimsoll.gates.criterion import kind_of, strategy_of
from plimsoll.gates.evidence.account import read_account
from plimsoll.gates.evidence.drill import Cells, read_certificate
from plimsoll.gates.evidence.paths import read_paths
from plimsoll.gates.evidence.records import read_record
from plimsoll.gates.evidence.results import read_result
from plimsoll.gates.evidence.trials import read_trials
from plimsoll.gates.evidence.walk_forward import read_walk_forward
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError, Reading
from plimsoll.gates.register import Filed, Register
from plimsoll.gates.subject import Subject

NOBODYS = frozenset({Kind.TRIALS, Kind.DATA_CHECK, Kind.DRILL})
"""Kinds that are filed for every strategy alike."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill must have had to hold now.

    ``cells`` are scenario, fault and mode of every row; ``fingerprints`` those of the drill's own,
    as they are now; empty when they cannot be known.
    """

    cells: Cells = ()
    fingerprints: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One piece of evidence: what was filed and read, or why there is none."""

    name: str
    filed: Filed | None = None
    reading: Reading | None = None
    fault: str | None = None

    @property
    def faults(self) -> tuple[str, ...]:
        """Why nothing may rest on it; empty when it may."""
        if self.reading is None:
            return (self.fault or "there is none",)
        return self.reading.faults


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One strategy before a gate.

    Attributes
    ----------
    capital_usd
        What its config lets it trade with; ``None`` when it does not say.
    next_capital_usd
        What a step of scaling asks for.
    trials_before
        Trials that the config adds to those of the ledger.
    """

    subject: Subject
    now: datetime
    pieces: Mapping[str, Piece]
    capital_usd: float | None = None
    next_capital_usd: float | None = None
    trials_before: int = 0
    drilled: Drilled = Drilled()

    def reading(self, name: str) -> Reading:
        """Return the reading of evidence that is there; raises `EvidenceError` when it is not."""
        piece = self.pieces.get(name)
        if piece is None or piece.reading is None:
            raise EvidenceError(f"there is no {name}")
        return piece.reading


def filed_for(kind: Kind, strategy: str) -> str:
    """Return the name under which a kind of evidence is filed: a strategy's, or nobody's."""
    return "" if kind in NOBODYS else strategy


def gather(
    register: Register,
    subject: Subject,
    names: Iterable[str],
    now: datetime,
    *,
    since: datetime | None = None,
) -> dict[str, Piece]:
    """Read the newest filed evidence of each name; what is wrong with one is in its piece.

    ``since`` is the beginning of the present step of capital.

    Raises
    ------
    PlimsollError
        When the register itself is not whole.
    """
    return {name: _piece(register, subject, name, now, since) for name in dict.fromkeys(names)}


def _piece(
    register: Register, subject: Subject, name: str, now: datetime, since: datetime | None
) -> Piece:
    kind, strategy = kind_of(name), strategy_of(name, subject.strategy)
    filed = register.newest(kind, filed_for(kind, strategy))
    if filed is None:
        owner = "" if kind in NOBODYS else f" for {strategy}"
        return Piece(name, fault=f"none is on file{owner}")
    try:
        contents = register.contents(filed)
        reading = read(kind, contents, now, strategy=strategy, since=since)
    except PlimsollError as error:
        return Piece(name, filed, fault=str(error))
    return Piece(name, filed, reading.judged_fresh(subject, now))


def read(
    kind: Kind,
    contents: Sequence[bytes],
    now: datetime,
    *,
    strategy: str | None = None,
    since: datetime | None = None,
) -> Reading:
    """Read the files of one piece of evidence.

    Raises
    ------
    EvidenceError
        When they are none. Nothing else is raised, whatever the bytes are.
    """
    try:
        if kind in (Kind.PAPER, Kind.LIVE):
            return read_account(contents[0], now, since if kind is Kind.LIVE else None)
        if kind is Kind.RESULT:
            return read_result(contents[0], strategy)
        if kind is Kind.WALK_FORWARD:
            return read_walk_forward(contents[0], contents[1] if len(contents) > 1 else None)
        return _PLAIN.get(kind, read_record)(contents[0])
    except EvidenceError:
        raise
    except Exception as error:
        raise EvidenceError(f"it cannot be read ({type(error).__name__}: {error})") from error


_PLAIN: dict[Kind, Callable[[bytes], Reading]] = {
    Kind.TRIALS: read_trials,
    Kind.PATHS: read_paths,
    Kind.DRILL: read_certificate,
}
