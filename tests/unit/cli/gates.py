"""A user folder in which a shipped strategy has all evidence that the gates ask for."""

import json
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.config.subject import versions
from plimsoll.gates.filing import file_artefact
from plimsoll.gates.register import Register
from plimsoll.lab.drilling.certificate import Subject
from plimsoll.lab.drilling.matrix import cells
from plimsoll.lab.user_folder import lay_out
from tests.support.evidence import Evidence
from tests.unit.gates.cases import file_all

STRATEGY = "TrendFollow"
LAYERS = ("base.json", "venue-binance.json", "mode-dry-run.json")
LIVE_LAYERS = ("base.json", "venue-binance.json", "mode-live.json", "risk-live-500.json")


def layers(userdir: Path, names: tuple[str, ...] = LAYERS) -> list[Path]:
    return [userdir / "config" / name for name in names]


def words(userdir: Path, names: tuple[str, ...] = LAYERS) -> list[str]:
    """Return the options that name strategy, user folder and config."""
    files = [part for file in layers(userdir, names) for part in ("-c", str(file))]
    return ["--strategy", STRATEGY, "--userdir", str(userdir), *files]


def evidence_of(userdir: Path) -> Evidence:
    """Return the evidence of the shipped strategy, as it is now."""
    config = read_layers(layers(userdir))
    known = versions()
    return Evidence(
        strategy=STRATEGY,
        code=code_fingerprint(),
        source=(userdir / f"strategies/{STRATEGY}.py").read_bytes(),
        config=config,
        versions={name: known[name] for name in ("freqtrade", "plimsoll")},
        limits=settings_from(config).risk.model_dump(mode="json"),
        now=datetime.now(UTC),
    )


def certificate(evidence: Evidence) -> dict[str, Any]:
    """Return a certificate in which every row of the matrix is green."""
    rows = [
        {
            "scenario": one.scenario,
            "fault": one.fault,
            "mode": one.mode,
            "failure": "",
            "checks": [{"name": "flat", "ok": True}],
        }
        for one in cells()
    ]
    drilled_at = (evidence.made_at - timedelta(days=1)).isoformat()
    fingerprints = asdict(Subject().fingerprints())
    return evidence.certificate(rows=rows, fingerprints=fingerprints, made_at=drilled_at)


def whole_folder(userdir: Path) -> Evidence:
    """Lay out a user folder and file all evidence in it."""
    lay_out(userdir)
    evidence = evidence_of(userdir)
    file_all(evidence, userdir)
    file = userdir / "whole-certificate.json"
    file.write_text(json.dumps(certificate(evidence)))
    file_artefact(Register(userdir), file, evidence.now)
    return evidence
