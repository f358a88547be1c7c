"""The fingerprint of the shipped code, taken by fresh processes on a copy of it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from plimsoll.lab.processes import child_environment
from tests.conftest import ROOT

CODE = "from plimsoll.bridge.config.fingerprint import code_fingerprint as f; print(f())"


def fingerprint(copy: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=child_environment({"PYTHONPATH": str(copy / "src")}),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    ignore = shutil.ignore_patterns("__pycache__")
    for name in ("src/plimsoll", "plugins", "user_data"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignore)
    return tmp_path


def test_it_is_twelve_hex_digits(copy: Path) -> None:
    assert len(fingerprint(copy)) == 12
    int(fingerprint(copy), 16)


def test_it_stays_when_nothing_changes_but_the_place_and_the_dates(
    copy: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = fingerprint(copy)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copytree(copy, elsewhere, dirs_exist_ok=True, copy_function=shutil.copyfile)
    assert fingerprint(elsewhere) == before


@pytest.mark.parametrize(
    "name",
    [
        "src/plimsoll/risk/guards/daily_loss.py",
        "src/plimsoll/strategies.py",
        "user_data/strategies/TrendFollow.py",
        "plugins/protections/DailyLossGuard.py",
        "plugins/pairlists/QualityPairList.py",
    ],
)
def test_it_changes_with_one_character_of_a_shipped_file(copy: Path, name: str) -> None:
    before = fingerprint(copy)
    with (copy / name).open("a", encoding="utf-8") as file:
        file.write("#")
    assert fingerprint(copy) != before


def test_it_changes_with_a_file_name_that_keeps_the_order(copy: Path) -> None:
    before = fingerprint(copy)
    file = copy / "user_data/strategies/NoTrade.py"
    file.rename(file.with_name("NoTrades.py"))
    assert fingerprint(copy) != before


def test_it_does_not_change_with_what_a_run_leaves_behind(copy: Path) -> None:
    before = fingerprint(copy)
    results = copy / "user_data/backtest_results"
    results.mkdir(exist_ok=True)
    (results / "backtest-result.py").write_text("x = 1\n", encoding="utf-8")
    (copy / "user_data/strategies/TrendFollow.json").write_text("{}", encoding="utf-8")
    (copy / "user_data/data").mkdir(exist_ok=True)
    assert fingerprint(copy) == before
