"""``make mutation``: break the risk kit one small change at a time; count what its tests notice.

Each room is tried with the tests named in `ROOMS`. mutmut works on a copy under ``out/mutation``
and in an environment of its own, which sees the packages of this one. It changes the code of
functions; bounds and defaults in types stay.
"""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections import Counter
from configparser import ConfigParser
from pathlib import Path
from shutil import copy2, copytree, ignore_patterns, rmtree
from typing import Any

from plimsoll.core import PlimsollError, UsageError
from tests.conftest import ROOT

HERE = Path(__file__).parent
PACKAGE = "plimsoll"
RISK = "risk"
ROOMS: dict[str, tuple[str, ...]] = {
    RISK: ("tests/unit/risk", "tests/contracts/test_guards.py", "tests/property/test_quiet.py"),
    "bridge.state": ("tests/unit/bridge/state",),
    "bridge.account": (
        "tests/unit/bridge/account",
        "tests/unit/bridge/guarding",
        "tests/property/test_open_profit.py",
    ),
    "bridge.guarding": (
        "tests/unit/bridge/guarding",
        "tests/unit/bridge/strategies/test_guarded.py",
        "tests/unit/bridge/strategies/test_hooks_deny.py",
    ),
}
"""The tests that are to notice a fault, by room: a folder of the package."""
COPIED = ("docs", "plugins", "src", "tests", "user_data")
NOTICED = ("killed", "timeout", "segfault", "caught_by_type_check")
SURVIVED = ("survived", "no_tests", "suspicious")


def main(names: list[str]) -> None:
    """Run the mutants of the named rooms and modules, or of all; print scores and survivors."""
    wanted = chosen(names)
    folder = ROOT / "out" / "mutation"
    mutmut = _installed(folder / "tool")
    outcomes: dict[str, str] = {}
    for room, files in wanted.items():
        work = _copied(folder / "work" / room, room, files)
        processes = ["--max-children", str(os.cpu_count() or 1)]
        subprocess.run([mutmut, "run", *processes], cwd=work, check=True)
        of_room = _outcomes(work, mutmut)
        score = score_of(of_room)
        for name in score["survivors"]:
            print()
            subprocess.run([mutmut, "show", name], cwd=work, check=True)
        print(f"\n{room}: {_told(score)}")
        outcomes |= of_room
    score = score_of(outcomes)
    (folder / "score.json").write_text(json.dumps(score, indent=1) + "\n", encoding="utf-8")
    print(f"\n{_told(score)}")


def chosen(names: list[str]) -> dict[str, list[str]]:
    """Return the source files to change, by room; all of every room when nothing is named.

    A name is a room such as ``bridge.state`` or a module such as ``bridge.guarding.entry``; one
    without a room, such as ``latch``, is a module of the risk package.

    Raises
    ------
    UsageError
        For a name that is neither.
    """
    wanted: dict[str, list[str]] = {}
    unknown = []
    for name in names or ROOMS:
        room = next((room for room in ROOMS if f"{name}.".startswith(f"{room}.")), RISK)
        module = name.removeprefix(room).removeprefix(".")
        file = "/".join(("src", PACKAGE, *room.split("."), *filter(None, module.split("."))))
        if module:
            file += ".py"
        if not (ROOT / file).exists():
            unknown.append(name)
        wanted.setdefault(room, []).append(file if module else f"{file}/*")
    if unknown:
        raise UsageError(
            f"expected rooms ({', '.join(ROOMS)}) or modules of them, found {', '.join(unknown)}"
        )
    return wanted


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


def _told(score: dict[str, Any]) -> str:
    return (
        f"{score['noticed']} of {score['mutants']} mutants noticed, "
        f"{score['noticed_fraction']:.1%}; survivors: {len(score['survivors'])}"
    )


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


def _copied(folder: Path, room: str, files: list[str]) -> Path:
    """Copy the checkout, with the tool's settings for some files of a room."""
    if folder.exists():
        rmtree(folder)
    for name in COPIED:
        copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__", ".*"))
    copy2(ROOT / "pyproject.toml", folder)
    settings = ConfigParser()
    settings.read(HERE / "setup.cfg", encoding="utf-8")
    settings["mutmut"]["only_mutate"] = "\n" + "\n".join(files)
    settings["mutmut"]["pytest_add_cli_args_test_selection"] = "\n" + "\n".join(ROOMS[room])
    with (folder / "setup.cfg").open("w", encoding="utf-8") as handle:
        settings.write(handle)
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
