"""Which cells of scenario × fault × mode are drilled, and why the others make no sense."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from plimsoll.lab.drilling.fault import Fault
from plimsoll.lab.drilling.faults import FAULTS
from plimsoll.lab.drilling.row import Cell
from plimsoll.lab.drilling.scenario import Act, Scenario
from plimsoll.lab.drilling.scenarios import SCENARIOS

LIVE, DRY_RUN = "live", "dry-run"
MODES = (LIVE, DRY_RUN)
DIFFERS_IN_DRY_RUN = ("none", "kill-9", "database-locked")
"""Where a dry-run has books of its own: its database is the account."""
SAME_FLAG = ("manual_halt (command)", "manual_halt (config)")
SAME_CLOSING = {
    "terminal_drawdown": "drawdown",
    "divergence": "consecutive_losses",
    "break_even": "consecutive_losses",
}
"""Guards that measure what another one measures: closing does not know which of both asked."""
CLOSING_KINDS = ("none", "order", "process")
FIRST = ("drawdown", "manual_halt", "daily_loss")
"""The guards that are drilled under every fault first."""
LAST = len(FIRST) + 3
PROBATION_KINDS = ("none", "process", "disk")
TRIPS = {
    "stale_data": ("candles-late", "candles-missing", "candles-wrong", "clock-jump"),
    "api_errors": ("exchange-503", "candles-missing", "clock-skew", "book-frozen", "wrong-tick"),
    "reconciliation": ("positions-missing", "closed-by-hand", "exit-expired"),
    "daily_loss": ("clock-jump", "money-withdrawn"),
    "blind_guards": ("clock-jump", "candles-late", "candles-missing", "state-deleted"),
}
"""Faults that are themselves what a guard watches, end it, or cannot strike beside it."""


def why_not(scenario: Scenario, fault: Fault, mode: str) -> str:
    """Return why a cell makes no sense, empty when it does."""
    if mode == DRY_RUN:
        if scenario.act is Act.STEP:
            return "a dry-run sends no order to the exchange"
        if scenario.rule == "reconciliation":
            return "a dry-run has no books on the exchange"
        wanted = ("none",) if scenario.act is Act.DENY else DIFFERS_IN_DRY_RUN
        if fault.name not in wanted:
            return "the same code as live, where it is drilled with real orders"
    if (scenario.act is Act.STEP) != (fault.kind == "kill"):
        return "a kill at one request is drilled step by step, and nothing else is"
    if scenario.act is Act.STEP:
        return ""
    if scenario.act is Act.REDUCE:
        return "" if fault.kind in PROBATION_KINDS else "it closes nothing: entries are its matter"
    return _of_denial(fault) if scenario.act is Act.DENY else _of_closing(scenario, fault)


def _of_denial(fault: Fault) -> str:
    if fault.kind == "order":
        return "a denied entry sends no order"
    if fault.name in ("stops-cancelled", "closed-by-hand"):
        return "nothing need be held when an entry is denied"
    if fault.name in ("telegram-429", "telegram-502"):
        return "a denial is told once an hour: nothing is sent meanwhile"
    if fault.name == "clock-jump":
        return "an hour's passing ends no limit here, and opens a new day in some"
    if fault.name == "state-deleted":
        return "it halts by itself: drilled with drawdown"
    return ""


def _of_closing(scenario: Scenario, fault: Fault) -> str:
    if scenario.name in SAME_FLAG and fault.name not in ("none", "kill-9", "order-unanswered"):
        return "the halt is the flag file's: drilled with manual_halt"
    like = SAME_CLOSING.get(scenario.rule)
    if like is not None and fault.kind not in CLOSING_KINDS:
        return f"it measures and closes as {like} does, which is drilled"
    if fault.name in TRIPS.get(scenario.rule, ()):
        return "the fault is itself what this guard watches"
    if fault.name == "state-deleted" and scenario.rule != "drawdown":
        return "it halts by itself: drilled with drawdown"
    return ""


def cells(modes: tuple[str, ...] = MODES, only: str = "*") -> list[Cell]:
    """Return the cells that are drilled, by scenario, so that those of a bot stand together."""
    return [cell for cell, why in _all(modes) if not why and matches(cell, only)]


def left_out(modes: tuple[str, ...] = MODES) -> dict[str, str]:
    """Return every cell that makes no sense, with the reason."""
    return {cell.name: why for cell, why in _all(modes) if why}


def stage_of(cell: Cell) -> int:
    """Return when a cell is played: a drill that is cut short has the earlier stages.

    Every guard without a fault in live mode, every fault with the guards that halt most, the
    steps, the rest of live mode, then the dry-run.
    """
    if cell.mode == DRY_RUN:
        return LAST
    if cell.fault == "none":
        return 0
    if cell.scenario in FIRST:
        return 1 + FIRST.index(cell.scenario)
    return LAST - 2 if SCENARIOS[cell.scenario].act is Act.STEP else LAST - 1


def matches(cell: Cell, pattern: str) -> bool:
    """Whether a cell's name fits a pattern such as ``drawdown`` or ``*/kill-9/live``.

    Several patterns stand between semicolons, for a scenario's name may hold a comma.
    """
    return any(_fits(cell, one) for one in pattern.replace(" ", "").split(";"))


def _fits(cell: Cell, wanted: str) -> bool:
    name = cell.name.replace(" ", "")
    return any(
        fnmatchcase(name, one) for one in (wanted, f"{wanted}/*", f"*/{wanted}/*", f"*/{wanted}")
    )


def _all(modes: tuple[str, ...]) -> Iterator[tuple[Cell, str]]:
    for scenario in SCENARIOS.values():
        for mode in MODES:
            for fault in FAULTS.values():
                if mode in modes:
                    cell = Cell(scenario.name, fault.name, mode)
                    yield cell, why_not(scenario, fault, mode)
