"""``make sbom``: all packages of constraints.txt as CycloneDX, checked before it counts.

The file is valid by CycloneDX's own schema, has each locked package once, in its version and with
its hashes, and is the same file when it is written again.
"""

import importlib.util
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from plimsoll.core import PlimsollError
from tests.conftest import ROOT
from tests.supply.pins import CONSTRAINTS, locked

ABSENT = "make sbom needs cyclonedx-bom: .venv/bin/python -m pip install cyclonedx-bom"
FILE = ROOT / "out/sbom.json"
VERSION = "1.6"


def written(file: Path, constraints: Path = CONSTRAINTS) -> dict[str, Any]:
    """Write the list, and return it.

    Raises
    ------
    PlimsollError
        When it could not be made, or is not what it should be; the file is not left then.
    """
    expected = locked(constraints)
    file.parent.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", str(constraints)]
    words += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-reproducible"]
    words += ["--spec-version", VERSION, "--of", "JSON", "--validate", "-o", str(file)]
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode != 0:
        file.unlink(missing_ok=True)
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise PlimsollError(f"make sbom: {said[-1][:200] if said else 'cyclonedx-bom failed'}")
    text = file.read_text(encoding="utf-8")
    if found := faults(text, expected):
        file.unlink()
        raise PlimsollError(f"make sbom: {'; '.join(found[:3])}")
    return dict(json.loads(text))


def faults(text: str, expected: Sequence[tuple[str, str]]) -> list[str]:
    """Return what a list lacks: by CycloneDX's schema, and beside the locked packages."""
    found = invalid(text)
    try:
        components: Sequence[Mapping[str, Any]] = json.loads(text)["components"]
    except (ValueError, KeyError, TypeError):
        return [*found, "expected components, found none"]
    listed = [
        (str(canonicalize_name(str(one.get("name")))), one.get("version")) for one in components
    ]
    found += [f"{name} {version} is missing" for name, version in {*expected} - {*listed}]
    found += [f"{name} {version} is not locked" for name, version in {*listed} - {*expected}]
    twice = {one for one, count in Counter(listed).items() if count > 1}
    found += [f"{name} {version} stands there twice" for name, version in twice]
    for (name, _), one in zip(listed, components, strict=True):
        if not any(each.get("hashes") for each in one.get("externalReferences", [])):
            found.append(f"{name} has no hash")
    return sorted(found)


def invalid(text: str) -> list[str]:
    """Return what CycloneDX's own strict JSON schema has against a text; at most one line."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if error is None:
        return []
    said = str(getattr(getattr(error, "data", error), "message", error)).splitlines()[0]
    return [f"not valid CycloneDX {VERSION}: {said[:150]}"]


def main() -> int:
    """Return 0 when the list is written and valid."""
    if importlib.util.find_spec("cyclonedx_py") is None:
        sys.stderr.write(f"{ABSENT}\n")
        return 2
    try:
        made = written(FILE)
    except PlimsollError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    where = FILE.relative_to(ROOT)
    print(f"{where}: CycloneDX {made['specVersion']}, valid, {len(made['components'])} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
