"""The certificate of a drill: what was drilled, with which code and config, and what came of it."""

import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.layers import read_layers
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bundle import user_data_folder
from plimsoll.core import PlimsollError, UsageError
from plimsoll.gates.hashing import with_seal
from plimsoll.lab.drilling.bot import OWN_STRATEGY, STRATEGIES
from plimsoll.lab.drilling.matrix import cells, left_out
from plimsoll.lab.drilling.row import Cell, Row
from plimsoll.lab.drilling.scenarios import SCENARIOS
from plimsoll.lab.drilling.strategy_files import files_of

FORMAT = 1
NAME = "certificate.json"
DIGITS = 12
SECRETS = frozenset(
    {"key", "secret", "password", "token", "chat_id", "jwt_secret_key", "ws_token", "uid"}
)
"""Keys of a config whose values are no part of its fingerprint."""
UNDECIDING = ("FREQTRADE__API_SERVER__", "FREQTRADE__TELEGRAM__")
"""Variables that change where a bot is spoken to, as in a container, and not what it does."""
PACKAGES = ("freqtrade", "ccxt", "pandas", "numpy", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Fingerprints:
    """What a certificate holds for: any change of one makes it stale."""

    code: str
    drill: str
    freqtrade: str
    config: str
    profile: str
    strategy: str


@dataclass(frozen=True, slots=True)
class Subject:
    """The strategy and the config layers that are drilled."""

    strategy: str = OWN_STRATEGY
    strategy_path: Path = STRATEGIES
    layers: tuple[Path, ...] = ()

    def fingerprints(self) -> Fingerprints:
        """Return them as the files are now.

        Raises
        ------
        PlimsollError
            When a layer is not valid or the strategy has no file.
        """
        shipped = user_data_folder("config")
        names = ("base.json", "venue-binance.json", "mode-dry-run.json")
        config = read_layers([*(shipped / name for name in names), *self.layers])
        profile = settings_from(config).risk.model_dump(mode="json")
        return Fingerprints(
            code=code_fingerprint(),
            drill=_hash_of(sorted(Path(__file__).parent.rglob("*.py"))),
            freqtrade=version("freqtrade"),
            config=_digest(_public(config)),
            profile=_digest(profile),
            strategy=_hash_of(files_of(self.file(), self.strategy_path)),
        )

    def file(self) -> Path:
        """Return the file of the strategy; raises `UsageError` when there is none."""
        named = f"class {self.strategy}("
        for file in sorted(self.strategy_path.rglob("*.py")):
            if named in file.read_text(encoding="utf-8", errors="replace"):
                return file
        raise UsageError(
            f"expected a class {self.strategy} in a file of {self.strategy_path}, found none"
        )


def make_certificate(
    subject: Subject,
    rows: Sequence[Row],
    *,
    wanted: int,
    modes: tuple[str, ...],
    seed: int,
    seconds: float,
    made_at: datetime | None = None,
) -> dict[str, Any]:
    """Return the sealed certificate of a run; ``wanted`` is how many rows it should have had."""
    red = [row for row in rows if not row.ok]
    drilled = sorted({row.cell.scenario for row in rows})
    made = {
        "format": FORMAT,
        "made_at": (made_at or datetime.now(UTC)).isoformat(timespec="seconds"),
        "ok": not red and len(rows) == wanted and wanted > 0,
        "strategy": subject.strategy,
        "layers": [str(layer) for layer in subject.layers],
        "seed": seed,
        "seconds": round(seconds, 1),
        "versions": {
            "plimsoll": version("freqtrade-plimsoll"),
            "python": platform.python_version(),
            **{name: version(name) for name in PACKAGES},
        },
        "fingerprints": asdict(subject.fingerprints()),
        "counts": {
            "wanted": wanted,
            "rows": len(rows),
            "red": len(red),
            "scenarios": len(drilled),
            "guards": len({row.rule for row in rows if row.rule}),
            "faults": len({row.cell.fault for row in rows}),
            "modes": dict(Counter(row.cell.mode for row in rows)),
        },
        "how": {name: SCENARIOS[name].how for name in drilled},
        "rows": [row.record() for row in rows],
        "left_out": left_out(modes),
    }
    # As it will be read again: the seal is over plain JSON.
    return with_seal(json.loads(json.dumps(made)))


def write_certificate(certificate: Mapping[str, Any], folder: Path) -> Path:
    """Write it whole and return the file; raises `PlimsollError` when it cannot be written."""
    file = folder / NAME
    half = file.with_name(f".{NAME}.half")
    try:
        half.write_text(json.dumps(certificate, indent=1, allow_nan=False), encoding="utf-8")
        os.replace(half, file)  # noqa: PTH105 - replaces across an existing file on every system
    except OSError as error:
        raise PlimsollError(f"expected to write {file}, found {error}") from error
    return file


def read_certificate(file: Path) -> dict[str, Any]:
    """Return a certificate; raises `UsageError` when the file is none."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        if told["format"] != FORMAT:
            raise UsageError(f"expected a certificate of format {FORMAT}, found {told['format']}")
        Fingerprints(**told["fingerprints"])
        return dict(told)
    except OSError as error:
        raise UsageError(f"cannot read the certificate {file}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"expected a certificate of plimsoll drill, found {error!r}") from error


def faults_of(
    certificate: Mapping[str, Any], subject: Subject, wanted: Sequence[Cell] | None = None
) -> list[str]:
    """Return why a certificate does not hold for a subject now, empty when it does.

    What it says of itself is not believed: it is red when a row of it is, or when one of the
    ``wanted`` cells is missing; without them, one of the whole matrix.
    """
    told = []
    made_with, now = certificate["fingerprints"], asdict(subject.fingerprints())
    if certificate["strategy"] != subject.strategy:
        told.append(f"it is of {certificate['strategy']}, not of {subject.strategy}")
    for name, value in now.items():
        if made_with.get(name) != value:
            told.append(f"stale: {WHAT[name]} changed since ({made_with.get(name)}, now {value})")
    rows = certificate["rows"]
    red = [row for row in rows if not _is_green(row)]
    told += [f"red: {row['scenario']} / {row['fault']} / {row['mode']}" for row in red]
    if len(rows) < int(certificate["counts"]["wanted"]) or not rows:
        told.append(f"{len(rows)} of {certificate['counts']['wanted']} rows were drilled")
    drilled = {(row["scenario"], row["fault"], row["mode"]) for row in rows}
    every = cells() if wanted is None else wanted
    missing = [one.name for one in every if astuple(one) not in drilled]
    if missing:
        told.append(f"{len(missing)} of {len(every)} rows are not in it, such as {missing[0]}")
    return [*told, *(f"{name} in the environment: no drill knew it" for name in _overrides())]


def _overrides() -> list[str]:
    """Return the variables that change a bot's config; a drilled bot is started without them."""
    return sorted(
        name
        for name in os.environ
        if name.startswith("FREQTRADE__")
        and not name.startswith(UNDECIDING)
        and name.split("__")[-1].lower() not in SECRETS
    )


WHAT = {
    "code": "the code that decides",
    "drill": "the drill",
    "freqtrade": "Freqtrade",
    "config": "the config",
    "profile": "the risk profile",
    "strategy": "the strategy",
}


def _is_green(row: Mapping[str, Any]) -> bool:
    checks = row["checks"]
    return not row["failure"] and bool(checks) and all(check["ok"] is True for check in checks)


def _public(config: Any) -> Any:
    """Return a config without secrets."""
    if isinstance(config, dict):
        kept = {str(key): value for key, value in config.items() if key not in SECRETS}
        return {key: _public(value) for key, value in kept.items() if key != "config_files"}
    return [_public(one) for one in config] if isinstance(config, list) else config


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]


def _hash_of(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:DIGITS]
