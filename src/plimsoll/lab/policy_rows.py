"""The rows of ``plimsoll policies`` on disk, so that a run that was ended goes on where it was."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from plimsoll.core import UsageError


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """What one strategy did under one policy.

    ``halts`` counts the halts of the account by rule, ``denied`` the entries by rule.
    """

    policy: str
    strategy: str
    trades: int
    total_return: float
    drawdown_fraction: float
    worst_month_fraction: float
    days_halted: float
    days_of_run: float
    rearmed: int
    asked: int
    halts: Mapping[str, int] = field(default_factory=dict)
    denied: Mapping[str, int] = field(default_factory=dict)
    code_fingerprint: str = ""


def keep(rows: Iterable[PolicyRow], file: Path) -> None:
    """Append rows to a file, one JSON object a line."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as kept:
        kept.writelines(json.dumps(asdict(row), sort_keys=True) + "\n" for row in rows)


def kept_rows(file: Path) -> list[PolicyRow]:
    """Return the latest row of every strategy and policy; none where there is no file.

    Raises
    ------
    UsageError
        When a line is no such row.
    """
    if not file.exists():
        return []
    latest: dict[tuple[str, str], PolicyRow] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = PolicyRow(**json.loads(line))
        except (TypeError, ValueError) as error:
            raise UsageError(f"{file}, line {number}: not a row of a policy: {error}") from None
        latest[row.strategy, row.policy] = row
    return list(latest.values())
