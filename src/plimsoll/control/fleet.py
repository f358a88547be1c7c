"""A person at a fleet: what all its bots say, one halt for them, and its end."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.fleet_file import FleetBot, FleetFile, read_fleet
from plimsoll.bridge.guarding.fleet_reports import UNREADABLE, heard_report, told_levels
from plimsoll.bridge.state.fleet_folder import LEVELS, FleetFolder, FleetHalt, FleetRearm
from plimsoll.control.bot import Bot, find_bot, now_of
from plimsoll.control.rearm import is_written
from plimsoll.core import Mode, PlimsollError, UsageError
from plimsoll.risk.exposure import exposure_usd
from plimsoll.risk.fleet import (
    BotReport,
    FleetLevels,
    FleetView,
    fleet_evaluation,
    fleet_snapshot,
    fleet_view,
    joined,
    rebased,
)

WHO = "plimsoll"


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRow:
    """One bot of a fleet as a person sees it.

    Attributes
    ----------
    runs
        Whether a guarded bot holds its decision log; ``None`` where the file names no folder.
    age_seconds
        How long ago it reported, by its own clock; ``None`` when it never did.
    fault
        Why it is not known; ``None`` when it is.
    """

    name: str
    runs: bool | None
    mode: str | None
    age_seconds: float | None
    profit_usd: float | None
    positions: int | None
    exposure_usd: float | None
    fault: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetStatus:
    """A fleet as a person sees it; ``None`` is what is not known."""

    name: str
    mode: str
    why: str | None
    equity_usd: float | None
    day_start_equity_usd: float | None
    high_water_equity_usd: float | None
    drawdown_fraction: float | None
    exposure_usd: float | None
    halts: tuple[FleetHalt, ...]
    faults: tuple[str, ...]
    bots: tuple[BotRow, ...]

    @property
    def is_well(self) -> bool:
        """Whether every bot runs and is known, and nothing halts them."""
        return (
            not self.halts and not self.faults and all(one.runs is not False for one in self.bots)
        )

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {**asdict(self), "well": self.is_well}


def fleet_status(file: Path) -> FleetStatus:
    """Return what the bots of a fleet say together; what cannot be known is named.

    Raises
    ------
    UsageError
        When the fleet's file cannot be read.
    """
    fleet, folder = _fleet(file)
    bots = {one.name: _bot(one, file) for one in fleet.bots}
    now = _now([one for one in bots.values() if one is not None])
    reports = {name: heard_report(folder, name, fleet.digest) for name in fleet.names}
    age = fleet.max_report_age_seconds
    view = fleet_view(fleet.names, reports, now, max_age_seconds=age)
    levels = joined([rebased(one, view) for one in _levels(folder, fleet.names)], folder.epoch)
    evaluation, halts = fleet_evaluation(view, levels, fleet.risk), tuple(folder.halts())
    mode = Mode.HALTED if halts else evaluation.mode
    why = halts[0].words(fleet.name) if halts else evaluation.account.reason or None
    equity, high = view.equity_usd, levels.high_usd
    fall = None if equity is None or not high else (high - equity) / high
    return FleetStatus(
        name=fleet.name,
        mode=mode.name,
        why=why,
        equity_usd=equity,
        day_start_equity_usd=levels.day_usd,
        high_water_equity_usd=high,
        drawdown_fraction=fall,
        exposure_usd=exposure_usd(fleet_snapshot(view, levels)),
        halts=halts,
        faults=view.faults,
        bots=tuple(_row(name, bots[name], reports[name], now, age) for name in fleet.names),
    )


def halt_fleet(file: Path, reason: str) -> FleetHalt:
    """Halt every bot of a fleet: running ones within a loop, others at their next start.

    Raises
    ------
    UsageError
        When the fleet's file cannot be read.
    PlimsollError
        When the halt cannot be written.
    """
    _, folder = _fleet(file)
    try:
        return folder.raise_halt(datetime.now(UTC), WHO, f"manual_halt: {reason}")
    except OSError as error:
        raise PlimsollError(f"the fleet could not be halted: {error}") from None


def resume_fleet(file: Path, reason: str) -> FleetRearm | None:
    """End every halt of a fleet; ``None`` when there was none.

    Each bot re-arms what the fleet holds there, in its next loop or after its next start; what a
    bot is halted for itself stays.

    Raises
    ------
    UsageError
        When the fleet's file cannot be read, or no reason is given.
    PlimsollError
        When the re-arming cannot be written; nothing ends then.
    """
    if not reason.strip():
        raise UsageError("expected --reason to say why the fleet may trade again, found nothing")
    _, folder = _fleet(file)
    try:
        return folder.rearm(datetime.now(UTC), f"{WHO} resume --fleet", reason.strip())
    except OSError as error:
        raise PlimsollError(f"the fleet could not be re-armed: {error}") from None


def _fleet(file: Path) -> tuple[FleetFile, FleetFolder]:
    try:
        fleet = read_fleet(file)
    except PlimsollError as error:
        raise UsageError(str(error)) from None
    return fleet, FleetFolder(fleet.state_folder(file))


def _bot(one: FleetBot, file: Path) -> Bot | None:
    """Return where a bot's traces are; ``None`` where the file does not say, or not rightly."""
    base = file.resolve().parent
    if not one.config and not one.userdir:
        return None
    layers = [base / Path(name).expanduser() for name in one.config]
    userdir = base / Path(one.userdir).expanduser() if one.userdir else None
    try:
        return find_bot(userdir, layers, one.db_url or None)
    except PlimsollError:
        return None


def _now(bots: Sequence[Bot]) -> datetime:
    """Return the bots' time: this machine's, or the latest that a simulated venue has told."""
    moments = [now_of(one, one.folder.status()) for one in bots]
    return max(moments, default=datetime.now(UTC))


def _levels(folder: FleetFolder, names: Sequence[str]) -> list[FleetLevels]:
    found = []
    for name in names:
        try:
            values = folder.read(LEVELS, name)
            found += [] if values is None else [told_levels(values)]
        except UNREADABLE:  # the other bots' count
            continue
    return found


def _row(
    name: str, bot: Bot | None, report: BotReport | str, now: datetime, max_age_seconds: float
) -> BotRow:
    runs = None if bot is None else is_written(bot.folder.decisions)
    if isinstance(report, str):
        return BotRow(
            name=name,
            runs=runs,
            mode=None,
            age_seconds=None,
            profit_usd=None,
            positions=None,
            exposure_usd=None,
            fault=report,
        )
    alone = fleet_view([name], {name: report}, now, max_age_seconds=max_age_seconds)
    held = report.positions
    whole = FleetView(as_of=now, equity_usd=None, positions=held)
    return BotRow(
        name=name,
        runs=runs,
        mode=report.mode,
        age_seconds=(now - report.as_of).total_seconds(),
        profit_usd=report.profit_usd,
        positions=None if held is None else len(held),
        exposure_usd=exposure_usd(fleet_snapshot(whole, FleetLevels())),
        fault=alone.faults[0] if alone.faults else None,
    )
