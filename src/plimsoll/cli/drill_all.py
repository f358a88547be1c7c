"""``plimsoll drill --all`` and ``--check``: guards under faults, and the certificate of it."""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from plimsoll.core import PlimsollError, UsageError

if TYPE_CHECKING:
    from plimsoll.lab.drilling.certificate import Subject
    from plimsoll.lab.drilling.row import Cell, Row

MODES = {"live": ("live",), "dry-run": ("dry-run",), "both": ("live", "dry-run")}
FOLDER, BINANCE = "certificate", "binance"


def subject_of(
    strategy: str | None, strategy_path: Path | None, userdir: Path, layers: Sequence[Path]
) -> "Subject":
    """Return what is drilled: the drill's own strategy, or one of a user's with their layers."""
    from plimsoll.lab.drilling.certificate import Subject

    own = tuple(file.expanduser().resolve() for file in layers)
    for file in own:
        if not file.exists():
            raise UsageError(f"expected {file}, found nothing there")
    if strategy is None:
        return Subject(layers=own)
    path = (strategy_path or userdir / "strategies").expanduser().resolve()
    return Subject(strategy, path, own)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks of a drill of the matrix."""

    out: Path
    only: str = "*"
    mode: str = "both"
    resume: bool = False
    seed: int = 7
    as_json: bool = False
    workers: int = 2
    own_limits: bool = False
    at_most_minutes: float | None = None
    exchange: str = BINANCE


def certify(subject: "Subject", asked: Asked, check: Path | None) -> None:
    """Hold a certificate against a subject, or drill it and make one."""
    if check is not None:
        check_certificate(subject, check, asked)
    elif asked.own_limits:
        raise UsageError(
            "expected --all without --own-limits: each row sets the limit that it is about; "
            "see your own in a crash with: plimsoll drill STRATEGY --own-limits"
        )
    else:
        drill_all(subject, asked)


def drill_all(subject: "Subject", asked: Asked) -> None:
    """Drill the matrix, write the certificate as JSON and HTML; end with 1 when it is red."""
    from plimsoll.lab.drilling.certificate import make_certificate, write_certificate
    from plimsoll.lab.drilling.run import ROWS_FILE, MatrixPlan, run_matrix
    from plimsoll.reporting.certificate_page import certificate_page

    wanted = _wanted(asked)
    subject.file()
    elsewhere = asked.exchange != BINANCE
    folder = asked.out.resolve() / (f"{FOLDER}-{asked.exchange}" if elsewhere else FOLDER)
    if not asked.resume:
        (folder / ROWS_FILE).unlink(missing_ok=True)
    own = subject.strategy if subject != type(subject)(layers=subject.layers) else None
    plan = MatrixPlan(
        cells=wanted,
        out=folder,
        strategy=own,
        strategy_path=None if own is None else subject.strategy_path,
        layers=subject.layers,
        seed=asked.seed,
        workers=asked.workers,
        at_most_minutes=asked.at_most_minutes,
        exchange=asked.exchange,
        made_with={
            **asdict(subject.fingerprints()),
            "seed": str(asked.seed),
            **({"exchange": asked.exchange} if elsewhere else {}),
        },
    )
    began = time.monotonic()
    rows = run_matrix(plan, _teller(began, silent=asked.as_json))
    certificate = make_certificate(
        subject,
        rows,
        wanted=len(wanted),
        modes=MODES[asked.mode],
        seed=asked.seed,
        seconds=time.monotonic() - began,
    )
    file = write_certificate(certificate, folder)
    page = file.with_suffix(".html")
    page.write_text(certificate_page(certificate), encoding="utf-8")
    _tell_end(certificate, rows, file, as_json=asked.as_json)


def _wanted(asked: Asked) -> tuple["Cell", ...]:
    from plimsoll.lab.drilling.matrix import cells

    if asked.mode not in MODES:
        raise UsageError(f"expected --mode to be {', '.join(MODES)}, found {asked.mode}")
    wanted = tuple(cells(MODES[asked.mode], asked.only))
    if not wanted:
        raise UsageError(
            f'expected --only to fit a row such as "drawdown/kill-9/live": {asked.only}'
        )
    return wanted


def _teller(began: float, *, silent: bool) -> Any:
    def tell(row: "Row", done: int, total: int) -> None:
        if silent:
            return
        minutes = (time.monotonic() - began) / 60
        left = minutes / done * (total - done)
        state = "ok " if row.ok else "RED"
        typer.echo(f"{done:>4}/{total} {state} {row.cell.name} ({left:.0f} min left)")
        if not row.ok:
            typer.echo(f"         {row.why}")

    return tell


def _tell_end(
    certificate: dict[str, Any], rows: Sequence["Row"], file: Path, *, as_json: bool
) -> None:
    counts = certificate["counts"]
    if as_json:
        typer.echo(json.dumps({"certificate": str(file), **counts, "ok": certificate["ok"]}))
    else:
        typer.echo(
            f"\n{counts['rows']} rows, {counts['guards']} guards, {counts['faults']} faults, "
            f"{counts['red']} red, in {certificate['seconds'] / 60:.0f} minutes\n"
            f"Certificate: {file}\nPage: {file.with_suffix('.html')}"
        )
    if not certificate["ok"]:
        red = [row.cell.name for row in rows if not row.ok]
        raise PlimsollError(f"{len(red)} rows are red: {', '.join(red[:5])}")


def check_certificate(subject: "Subject", file: Path, asked: Asked) -> None:
    """Say whether a certificate holds for a subject now; end with 1 when it does not.

    All that is asked for has to be in it: the whole matrix, or what --only and --mode name.
    """
    from plimsoll.lab.drilling.certificate import faults_of, read_certificate

    certificate = read_certificate(file.expanduser())
    told = faults_of(certificate, subject, _wanted(asked))
    if asked.as_json:
        typer.echo(json.dumps({"ok": not told, "faults": told}))
    else:
        rows, made_at = len(certificate["rows"]), certificate["made_at"]
        typer.echo("\n".join(told) or f"holds: {rows} rows, all green, made {made_at}")
    if told:
        raise typer.Exit(1)
