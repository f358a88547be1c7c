"""One test for what is shared: it tries every case and names each that falls short."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import pytest

Case = TypeVar("Case")
MOST_LINES, LINE_LENGTH = 8, 300


def for_every(cases: Mapping[str, Case], check: Callable[[Case], None]) -> None:
    """Run a check on every case; fail once, with the name and the fault of each that fell short."""
    faults = {}
    for name, case in cases.items():
        try:
            check(case)
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 - the others come too
            lines = f"{type(error).__name__}: {error}".splitlines()[:MOST_LINES]
            faults[name] = "\n  ".join(line[:LINE_LENGTH] for line in lines)
    if faults:
        said = "\n".join(f"{name}: {fault}" for name, fault in faults.items())
        pytest.fail(f"{len(faults)} of {len(cases)} fell short: {', '.join(faults)}\n{said}")
