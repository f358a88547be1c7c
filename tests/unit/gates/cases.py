"""Cases of the gates' tests: all evidence filed, read, and judged."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from plimsoll.gates.bundle import Extra, bundle_before, make_bundle, write_bundle
from plimsoll.gates.case import Case, Drilled, gather
from plimsoll.gates.criteria import CRITERIA
from plimsoll.gates.criterion import Gate
from plimsoll.gates.filing import file_artefact, file_record
from plimsoll.gates.judging import Judged, asked_of, judge
from plimsoll.gates.kinds import Kind
from plimsoll.gates.places import trials_file, walk_forward_folder
from plimsoll.gates.register import Register
from plimsoll.gates.settings import GateSettings
from tests.support.evidence import Evidence, edge

CELLS = (("drawdown", "none", "live"),)
DRILLED = Drilled(CELLS, {"code": "c0de", "drill": "d", "freqtrade": "2026.9"})


def file_all(evidence: Evidence, userdir: Path) -> Register:
    """File everything that a strategy with an edge leaves, from the sandbox to live."""
    evidence.write(userdir)
    register, now = Register(userdir), evidence.now
    folder = walk_forward_folder(userdir)
    for file in (folder / "run-1.json", folder / "run-1-paths.json", trials_file(userdir)):
        file_artefact(register, file, now)
    for name, seed in (("BuyAndHold", 3), ("SlowTrend", 4)):
        file = userdir / f"{name}.zip"
        file.write_bytes(evidence.result(strategy=name, returns=edge(seed, mean=0.0)))
        file_artefact(register, file, now)
    certificate = userdir / "certificate.json"
    certificate.write_text(json.dumps(evidence.certificate()))
    file_artefact(register, certificate, now)
    records = [
        evidence.data_check(),
        evidence.parity(),
        evidence.audit(compared=True),
        evidence.log(),
        evidence.comparison(),
        evidence.attestation(),
        evidence.account(),
        evidence.account(Kind.LIVE, days=20),
    ]
    for record in records:
        file_record(register, record, now, strategy=evidence.strategy)
    return register


def case_of(evidence: Evidence, userdir: Path, **changed: Any) -> Case:
    """Return the case of everything that was filed."""
    register, subject = Register(userdir), evidence.subject
    names = [name for one in CRITERIA for name in one.rests_on]
    given = {"capital_usd": 500.0, "next_capital_usd": 1_000.0, "drilled": DRILLED, **changed}
    pieces = gather(register, subject, names, evidence.now)
    return Case(subject=subject, now=evidence.now, pieces=pieces, **given)


def judged_by_name(gate: Gate, case: Case, limits: Mapping[str, float] = {}) -> dict[str, Judged]:
    """Judge a gate; by the name of the criterion."""
    return {one.criterion.name: one for one in judge(asked_of(gate, limits), case)}


def bundle_of(
    gate: Gate,
    case: Case,
    userdir: Path,
    *,
    settings: GateSettings | None = None,
    **extra: Any,
) -> Path:
    """Judge a gate and write its bundle on top of those before it; return the file."""
    chosen = settings or GateSettings()
    previous, closed = bundle_before(gate, case.subject, userdir)
    attested = {"by": "Ada", "reason": "I can lose it"}
    given = {"attestation": attested, "capital_usd": 500.0 if gate is Gate.LIVE else None, **extra}
    record = make_bundle(
        gate,
        case,
        judge(asked_of(gate, chosen.limits), case),
        settings=chosen,
        previous=previous,
        extra=Extra(objections=() if closed is None else (closed,), **given),
    )
    return write_bundle(record, userdir)


def pass_all(case: Case, userdir: Path) -> Path:
    """Pass every gate up to live; return the live bundle."""
    return [bundle_of(gate, case, userdir) for gate in list(Gate)[:4]][-1]
