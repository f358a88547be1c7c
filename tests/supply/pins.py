"""The packages of constraints.txt."""

import re
from pathlib import Path

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from plimsoll.core import UsageError
from tests.conftest import ROOT

CONSTRAINTS = ROOT / "constraints.txt"
_PIN = re.compile(
    r"^(?P<name>[A-Za-z0-9._-]+)(\[[^\]]*\])?==(?P<version>[^\s;\\]+)(\s*;\s*(?P<when>[^\\]+))?"
)


def locked(file: Path = CONSTRAINTS, *, here: bool = False) -> list[tuple[str, str]]:
    """Return name and version of every locked package, in two versions where platforms differ.

    With ``here`` those of this platform alone.

    Raises
    ------
    UsageError
        When the file pins nothing, or something else than an exact version.
    """
    found = []
    for line in file.read_text(encoding="utf-8").splitlines():
        text = line.rstrip("\\").strip()
        if not text or text.startswith(("#", "--hash")):
            continue
        pin = _PIN.match(text)
        if pin is None:
            raise UsageError(f"expected name==version in {file.name}, found {text[:60]}")
        if here and pin["when"] and not Marker(pin["when"].strip()).evaluate():
            continue
        found.append((str(canonicalize_name(pin["name"])), pin["version"]))
    if not found:
        raise UsageError(f"expected locked packages in {file.name}, found none")
    return found
