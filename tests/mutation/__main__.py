"""``make mutation``: break the risk package one small change at a time; count what tests notice.

mutmut works on a copy under ``out/mutation`` and in an environment of its own, which sees the
packages of this one. It changes the code of functions; bounds and defaults in types stay.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections import Counter
from pathlib import Path
from shutil import copy2, copytree, ignore_patterns, rmtree
from typing import Any

from plimsoll.core import PlimsollError, UsageError
from tests.conftest import ROOT

HERE = Path(__file__).parent
PACKAGE = "plimsoll.risk"
COPIED = ("docs", "plugins", "src", "tests", "user_data")
NOTICED = ("killed", "timeout", "segfault", "caught_by_type_check")
SURVIVED = ("survived", "no_tests", "suspicious")


def main(modules: list[str]) -> None:
    """Run the mutants of the named modules, or of all; print the score and what survived."""
    unknown = [name for name in modules if not _source(name).is_file()]
    if unknown:
        raise UsageError(f"expected modules of {PACKAGE}, found {', '.join(unknown)}")
    folder = ROOT / "out" / "mutation"
    mutmut = _installed(folder / "tool")
    work = _copied(folder / "work")
    wanted = [f"{PACKAGE}.{name}.*" for name in modules]
    processes = ["--max-children", str(os.cpu_count() or 1)]
    subprocess.run([mutmut, "run", *processes, *wanted], cwd=work, check=True)
    found = _outcomes(work, mutmut)
    score = score_of(found)
    (folder / "score.json").write_text(json.dumps(score, indent=1) + "\n", encoding="utf-8")
    for name in score["survivors"]:
        print()
        subprocess.run([mutmut, "show", name], cwd=work, check=True)
    print(
        f"\n{score['noticed']} of {score['mutants']} mutants noticed, "
        f"{score['noticed_fraction']:.1%}; survivors: {len(score['survivors'])}"
    )


def score_of(outcomes: dict[str, str]) -> dict[str, Any]:
    """Return how many mutants the tests noticed, and which survived.

    Raises
    ------
    PlimsollError
        When no mutant was tried, or the tool reports an outcome that is not known here.
    """
    tried = {name: one for name, one in outcomes.items() if one not in ("not checked", "skipped")}
    kinds = {name: one.replace(" ", "_") for name, one in tried.items()}
    if strange := sorted(set(kinds.values()) - {*NOTICED, *SURVIVED}):
        raise PlimsollError(f"expected mutants noticed or survived, found {', '.join(strange)}")
    if not kinds:
        raise PlimsollError("expected mutants, found none that was tried")
    survivors = sorted(name for name, one in kinds.items() if one in SURVIVED)
    noticed = len(kinds) - len(survivors)
    return {
        "mutants": len(kinds),
        "noticed": noticed,
        "noticed_fraction": noticed / len(kinds),
        "outcomes": dict(sorted(Counter(kinds.values()).items())),
        "survivors": survivors,
    }


def _source(module: str) -> Path:
    return ROOT.joinpath("src", *PACKAGE.split("."), *module.split(".")).with_suffix(".py")


def _installed(folder: Path) -> str:
    """Make the tool's environment when it is absent or of other versions; return its command."""
    wanted, made = HERE / "requirements.txt", folder / "made-of.txt"
    if not made.is_file() or made.read_bytes() != wanted.read_bytes():
        venv.create(folder, clear=True, with_pip=True)
        paths = sysconfig.get_paths(vars={"base": str(folder), "platbase": str(folder)})
        Path(paths["purelib"], "tested.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
        pip = [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*pip, "--disable-pip-version-check", "-r", wanted], check=True)
        made.write_bytes(wanted.read_bytes())
    return str(folder / "bin" / "mutmut")


def _copied(folder: Path) -> Path:
    if folder.exists():
        rmtree(folder)
    for name in COPIED:
        copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__", ".*"))
    for file in (ROOT / "pyproject.toml", HERE / "setup.cfg"):
        copy2(file, folder)
    return folder


def _outcomes(work: Path, mutmut: str) -> dict[str, str]:
    told = subprocess.run(
        [mutmut, "results", "--all", "true"], cwd=work, check=True, capture_output=True, text=True
    )
    lines = [line.strip().rpartition(": ") for line in told.stdout.splitlines()]
    return {name: outcome for name, _, outcome in lines if name.startswith(PACKAGE)}


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (PlimsollError, subprocess.CalledProcessError) as error:
        print(f"mutation: {error}", file=sys.stderr)
        sys.exit(2 if isinstance(error, UsageError) else 1)
