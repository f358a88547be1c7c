"""One row of the matrix: what was done, what was checked, what was measured."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Check:
    """One assertion from outside of the bot, and what was seen."""

    name: str
    ok: bool
    said: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A place in the matrix: scenario, fault and mode by their names."""

    scenario: str
    fault: str
    mode: str

    @property
    def name(self) -> str:
        """``scenario / fault / mode``, what ``--only`` is matched with."""
        return f"{self.scenario} / {self.fault} / {self.mode}"


@dataclass(slots=True, kw_only=True)
class Row:
    """What became of one cell. Seconds are the exchange's, from the verdict to the last fill.

    ``loops`` counts from the loop of the verdict, which is 1; both are None where nothing was to
    be closed. ``failure`` is why the row could not be played to its end.
    """

    cell: Cell
    rule: str
    checks: list[Check] = field(default_factory=list)
    value: float | None = None
    limit: float | None = None
    action: str = ""
    loops: int | None = None
    simulated_seconds: float | None = None
    took_seconds: float = 0.0
    restarts: int = 0
    failure: str = ""

    @property
    def ok(self) -> bool:
        """Whether it was played to its end and every check held."""
        return not self.failure and bool(self.checks) and all(one.ok for one in self.checks)

    @property
    def why(self) -> str:
        """Say why it is red, empty when it is not."""
        bad = [f"{one.name}: {one.said}" for one in self.checks if not one.ok]
        return "; ".join([*([self.failure] if self.failure else []), *bad])

    def check(self, name: str, ok: object, said: str = "") -> None:
        """Add an assertion."""
        self.checks.append(Check(name, bool(ok), said))

    def record(self) -> dict[str, Any]:
        """Return it as JSON."""
        whole = asdict(self)
        return {**whole.pop("cell"), **whole, "ok": self.ok}


def row_of(record: Mapping[str, Any]) -> Row:
    """Return the row of a JSON record; raises `KeyError` or `TypeError` when it is not one."""
    rest = {name: value for name, value in record.items() if name != "ok"}
    cell = Cell(*(str(rest.pop(name)) for name in ("scenario", "fault", "mode")))
    checks = [Check(**one) for one in rest.pop("checks")]
    return Row(cell=cell, checks=checks, **rest)
