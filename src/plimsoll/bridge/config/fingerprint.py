"""A hash of the code that decides: what a result was made with."""

import hashlib
from functools import cache
from pathlib import Path

from plimsoll.bundle import PACKAGE, bundle_root

DECIDING = (
    *("core", "candles", "features", "labels", "learning", "signals", "risk", "agents"),
    "bridge",
)
FACADES = ("strategies.py", "models.py")


@cache
def code_fingerprint() -> str:
    """Return 12 hex digits over the Python files that run inside the bot.

    These are the deciding packages, the strategies, models and losses, and the plugins; what
    only serves, measures or draws is left out.

    Freqtrade's backtest cache hashes the strategy file only; with this value in the config, a
    change of the package evicts what was cached with the code before it.
    """
    digest = hashlib.sha256()
    for name, file in sorted(_shipped_files()):
        digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _shipped_files() -> list[tuple[str, Path]]:
    package = [
        (f"plimsoll/{file.relative_to(PACKAGE)}", file)
        for name in DECIDING
        for file in (PACKAGE / name).rglob("*.py")
    ]
    package += [(f"plimsoll/{name}", PACKAGE / name) for name in FACADES]
    root = bundle_root()
    loose = [
        (str(file.relative_to(root)), file)
        for folder in ("user_data", "plugins")
        for file in (root / folder).rglob("*.py")
        if "backtest_results" not in file.parts
    ]
    return package + loose
