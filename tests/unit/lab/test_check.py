"""What a file defines is found, checked, and forgotten."""

import sys
from pathlib import Path

import pytest

from plimsoll import features
from plimsoll.core.errors import UsageError
from plimsoll.lab.check import check_files, defined_in

FEATURE = '''
from plimsoll.features import Candles, Family, Floats, Unit, feature


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.RATIO,
    source="Nobody (2024), A Book of Made-up Features",
    family=Family.RETURNS,
    inputs=("open", "close"),
)
def close_over_open(candles: Candles) -> Floats:
    """Close over open of the same candle."""
    return candles["close"] / candles["open"]
'''
GUARD = """
from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk import RiskProfile
from plimsoll.risk.guards.drawdown import drawdown


def asleep(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    return Verdict(Mode.ACTIVE, "asleep")


def _helper(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    return Verdict(Mode.ACTIVE, "helper")


def half(number: float) -> float:
    return number / 2
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "own.py"


def test_a_feature_is_found_checked_and_forgotten(file: Path) -> None:
    before = features.names()
    file.write_text(FEATURE, encoding="utf-8")
    for _ in range(2):
        [checked] = check_files([file])
        assert (checked.kind, checked.name) == ("feature", "close_over_open")
        assert checked.findings == ()
        assert checked.contracts > 10
    assert features.names() == before
    assert not [name for name in sys.modules if name.startswith("plimsoll_checked")]


def test_only_the_guards_that_the_file_defines_are_found(file: Path) -> None:
    file.write_text(GUARD, encoding="utf-8")
    [checked] = check_files([file])
    assert (checked.kind, checked.name) == ("guard", "asleep")
    assert [finding.contract for finding in checked.findings] == ["something is denied"]


def test_a_strategy_is_found_and_no_base_that_it_imports(file: Path) -> None:
    file.write_text(
        "from plimsoll.strategies import GuardedStrategy, SizedStrategy\n\n\n"
        "class Own(SizedStrategy):\n    pass\n",
        encoding="utf-8",
    )
    assert [one.__name__ for one in defined_in(file).strategies] == ["Own"]


def test_every_object_is_announced_with_their_number(tmp_path: Path) -> None:
    for name, text in (("one", FEATURE), ("two", GUARD)):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    told: list[tuple[str, int]] = []
    check_files(
        [tmp_path / "one.py", tmp_path / "two.py"], lambda name, count: told.append((name, count))
    )
    assert told == [("feature close_over_open", 2), ("guard asleep", 2)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nowhere_at_all\n", "ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("def broken(:\n", "SyntaxError"),
        ("raise SystemExit(0)\n", "SystemExit: 0"),
        (FEATURE.replace("    family=Family.RETURNS,\n", ""), "to name its family"),
        (FEATURE.replace("def close_over_open", "def rsi"), "one feature named rsi"),
    ],
)
def test_a_file_that_does_not_import_is_wrong_usage_in_one_line(
    file: Path, text: str, said: str
) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        defined_in(file)
    assert said in str(caught.value)
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_no_python_file_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("x = 1\n", encoding="utf-8")
    said = {"text.txt": "not named .py", "none.py": "not there", "": "the folder"}
    for name, words in said.items():
        with pytest.raises(UsageError, match=words):
            defined_in(tmp_path / name)


def test_a_file_with_nothing_to_check_is_wrong_usage(file: Path) -> None:
    file.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="found none"):
        defined_in(file)
