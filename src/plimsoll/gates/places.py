"""Where recorded evidence lies in a user folder."""

from pathlib import Path

EVIDENCE = Path("plimsoll/evidence")
"""In Freqtrade's user folder."""
TRIALS = "trials.jsonl"
WALK_FORWARD = "walk-forward"
BUNDLES = "bundles"


def evidence_folder(userdir: Path) -> Path:
    """Return the folder of a user folder's recorded evidence; it need not exist."""
    return userdir / EVIDENCE


def trials_file(userdir: Path) -> Path:
    """Return the append-only ledger of finished searches, a JSON object a line."""
    return evidence_folder(userdir) / TRIALS


def walk_forward_folder(userdir: Path) -> Path:
    """Return the folder of walk-forward runs: ``<run id>.json`` and ``<run id>-paths.json``."""
    return evidence_folder(userdir) / WALK_FORWARD


def comparison_file(userdir: Path, strategy: str) -> Path:
    """Return the file of a strategy's last comparison with a baseline."""
    return evidence_folder(userdir) / "comparison" / f"{strategy}.json"


def bundle_folder(userdir: Path) -> Path:
    """Return the folder of the verdicts of all strategies."""
    return evidence_folder(userdir) / BUNDLES


def bundle_file(userdir: Path, strategy: str, gate: str) -> Path:
    """Return the file of a strategy's last verdict of a gate."""
    return bundle_folder(userdir) / strategy / f"{gate}.json"
