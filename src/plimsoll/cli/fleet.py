"""``plimsoll status``, ``halt`` and ``resume`` of a whole fleet."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from plimsoll.control.fleet import BotRow, FleetStatus

Fleet = Annotated[
    Path | None,
    typer.Option("--fleet", help="The fleet's file: all its bots, in place of a single one."),
]


def show(file: Path, *, as_json: bool) -> NoReturn:
    """Print a fleet's status, and end with 0 only where every bot is known and none is halted."""
    from plimsoll.cli.control import print_json
    from plimsoll.control.fleet import fleet_status
    from plimsoll.journal.words import printable

    status = fleet_status(file.expanduser())
    if as_json:
        print_json(status.as_record())
    else:
        typer.echo("\n".join(map(printable, lines(status))))
    raise typer.Exit(0 if status.is_well else 1)


def halt(file: Path, reason: str, *, as_json: bool) -> NoReturn:
    """Halt a fleet, and say so."""
    from plimsoll.cli.control import print_json
    from plimsoll.control.fleet import halt_fleet

    done = halt_fleet(file.expanduser(), reason.strip() or "plimsoll halt --fleet")
    if as_json:
        print_json(asdict(done))
    else:
        typer.echo(
            f"halt {done.id} is up: running bots close within a loop, others at their start; "
            "plimsoll status --fleet shows what is open"
        )
    raise typer.Exit(0)


def resume(file: Path, reason: str, *, as_json: bool) -> NoReturn:
    """Re-arm a fleet, and say what ended."""
    from plimsoll.cli.control import print_json
    from plimsoll.control.fleet import resume_fleet

    done = resume_fleet(file.expanduser(), reason)
    if as_json:
        print_json({"rearmed": None if done is None else asdict(done)})
    elif done is None:
        typer.echo("nothing halts the fleet")
    else:
        typer.echo(
            f"re-armed: {', '.join(done.ends)}; each bot goes on in its next loop, unless it is "
            "halted for itself"
        )
    raise typer.Exit(0)


def lines(status: "FleetStatus") -> list[str]:
    """Return a fleet's status for a terminal."""
    rows = [f"{'fleet':<10} {status.name}", f"{'mode':<10} {status.mode}"]
    rows += [f"{'why':<10} {status.why}"] if status.why else []
    rows += [f"{'not known':<10} {fault}" for fault in status.faults]
    for name, value in (
        ("equity", status.equity_usd),
        ("day start", status.day_start_equity_usd),
        ("high water", status.high_water_equity_usd),
        ("exposure", status.exposure_usd),
    ):
        rows.append(f"{name:<10} {'not known' if value is None else f'{value:,.2f} USD'}")
    fall = status.drawdown_fraction
    rows.append(f"{'drawdown':<10} {'not known' if fall is None else f'{fall:.2%}'}")
    return [*rows, *map(_bot, status.bots)]


def _bot(row: "BotRow") -> str:
    runs = {True: "running", False: "not running", None: "no folder found"}[row.runs]
    parts = [runs]
    if row.mode:
        parts.append(row.mode)
    if row.profit_usd is not None:
        parts.append(f"{row.profit_usd:+,.2f} USD")
    if row.positions is not None:
        parts.append(f"{row.positions} open")
    if row.age_seconds is not None:
        parts.append(f"{max(row.age_seconds, 0.0):.0f} s ago")
    if row.fault is not None:
        parts.append(row.fault)
    return f"{row.name:<10} {', '.join(parts)}"
