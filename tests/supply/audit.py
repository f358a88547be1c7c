"""``make audit``: known faults of the locked packages, by pip-audit.

pip-audit asks PyPI about one package after the other, and takes a package that it gets no answer
for as skipped: behind a mirror that knows no faults it ends with "No known vulnerabilities found".
Here a package without an answer is a failure.
"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from plimsoll.core import PlimsollError
from tests.supply.pins import CONSTRAINTS, locked

ABSENT = "make audit needs pip-audit: .venv/bin/python -m pip install pip-audit"
WORDS = ("--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off")
LONGEST = 200
MOST_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """One known fault of one package."""

    name: str
    version: str
    fault: str
    mended_in: str


@dataclass(frozen=True)
class Verdict:
    """What the service said: faults, and the packages that it said nothing of."""

    asked: int
    answered: int
    unanswered: tuple[str, ...]
    findings: tuple[Finding, ...]

    @property
    def status(self) -> int:
        """0: every package was answered for, without a fault. 1: faults. 2: not all is known."""
        if self.findings:
            return 1
        return 2 if self.unanswered or self.answered != self.asked or not self.asked else 0

    @property
    def lines(self) -> list[str]:
        """Return what to say."""
        told = [
            f"{one.name} {one.version}: {one.fault}, mended in {one.mended_in or 'no version yet'}"
            for one in self.findings
        ]
        if not self.answered:
            nothing = (
                f"make audit: the vulnerability service answered for none of {self.asked} packages:"
                " nothing was checked. It must reach PyPI itself; a mirror knows no faults"
            )
            return [*told, nothing]
        if self.unanswered:
            named = ", ".join(self.unanswered[:MOST_NAMED])
            more = len(self.unanswered) - MOST_NAMED
            told.append(
                f"make audit: no answer for {len(self.unanswered)} of {self.asked} packages: "
                f"{named}{f' and {more} more' if more > 0 else ''}"
            )
        faults = len(self.findings) or "no"
        told.append(f"{self.answered} of {self.asked} packages were checked: {faults} known faults")
        return told


def judged(answer: Mapping[str, Any], expected: Mapping[str, str]) -> Verdict:
    """Return what an answer of pip-audit's is worth, for the packages that should be in it."""
    findings, answered = [], set()
    for one in answer["dependencies"]:
        name = str(canonicalize_name(one["name"]))
        if "vulns" not in one or one.get("version") != expected.get(name):
            continue  # skipped, or of another version than the locked one
        answered.add(name)
        for fault in one["vulns"]:
            mended = ", ".join(fault.get("fix_versions") or ())
            findings.append(Finding(name, one["version"], str(fault["id"]), mended))
    unanswered = tuple(sorted(set(expected) - answered))
    return Verdict(len(expected), len(answered), unanswered, tuple(findings))


def asked(file: Path = CONSTRAINTS) -> Mapping[str, Any]:
    """Return pip-audit's answer about a file of locked packages.

    Raises
    ------
    PlimsollError
        When pip-audit ended without one: in a line, with the last of what it said.
    """
    words = [sys.executable, "-m", "pip_audit", "--requirement", str(file), *WORDS]
    done = subprocess.run(words, capture_output=True, text=True)
    try:
        answer = json.loads(done.stdout)
        if isinstance(answer.get("dependencies"), list):
            return dict(answer)
    except (ValueError, AttributeError):
        pass
    said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    last = said[-1][:LONGEST] if said else f"status {done.returncode}"
    raise PlimsollError(
        f"make audit: the vulnerability service could not be asked, nothing was checked: {last}"
    )


def main() -> int:
    """Return 0 only when every locked package was answered for and has no known fault."""
    if importlib.util.find_spec("pip_audit") is None:
        sys.stderr.write(f"{ABSENT}\n")
        return 2
    try:
        verdict = judged(asked(), dict(locked(here=True)))
    except PlimsollError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for line in verdict.lines:
        (sys.stderr if verdict.status else sys.stdout).write(f"{line}\n")
    return verdict.status


if __name__ == "__main__":
    sys.exit(main())
