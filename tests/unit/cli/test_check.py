"""``plimsoll check``: what it says, and how it ends."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran
from tests.unit.lab.leaks.test_labels import FUTURE, PAST, SOURCE
from tests.unit.lab.test_check import FEATURE, GUARD


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return partial(commands.plimsoll, "check", monkeypatch=monkeypatch, capsys=capsys)


@pytest.fixture
def clean(tmp_path: Path) -> Path:
    file = tmp_path / "clean.py"
    file.write_text(FEATURE, encoding="utf-8")
    return file


@pytest.fixture
def asleep(tmp_path: Path) -> Path:
    file = tmp_path / "asleep.py"
    file.write_text(GUARD, encoding="utf-8")
    return file


def test_a_portfolio_is_compared_with_the_profile_of_a_layer(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    strategy = str(ROOT / "user_data/strategies/TrendPortfolio.py")
    layer = tmp_path / "layer.json"
    layer.write_text('{"plimsoll": {"risk": {"max_risk_per_trade_fraction": 0.002}}}')
    ran = run(strategy, "--profile", str(layer), "--json")
    assert ran.status == 0
    [checked] = json.loads(ran.out)["objects"]
    assert checked["note"].startswith("this profile lets TrendPortfolio hold ")
    assert "max_risk_per_trade_fraction leaves out" in checked["note"]
    assert checked["note"].endswith(", on made-up candles")
    missing = run(strategy, "--profile", str(tmp_path / "none.json"))
    assert missing.status == 2
    assert "none.json" in missing.err


def test_all_kept_ends_with_0(run: Callable[..., Ran], clean: Path) -> None:
    ran = run(str(clean))
    assert ran.status == 0
    assert ran.out == f"feature close_over_open ({clean}): keeps all 17 contracts\n"
    assert ran.err == ""


def test_what_fell_short_is_told_by_object_and_contract_and_ends_with_1(
    run: Callable[..., Ran], clean: Path, asleep: Path
) -> None:
    ran = run(str(clean), str(asleep))
    assert ran.status == 1
    assert ran.out.splitlines()[1:] == [
        f"guard asleep ({asleep}): 1 fell short",
        "  something is denied",
        (
            "    expected a denial somewhere from well to worse; found ACTIVE in every account; "
            "is its limit set in EVERY_LIMIT_SET, or in the profiles that you pass, "
            "and do the accounts vary what it looks at?"
        ),
    ]


def test_json_holds_the_same(run: Callable[..., Ran], clean: Path, asleep: Path) -> None:
    ran = run(str(clean), str(asleep), "--json")
    assert ran.status == 1
    said = json.loads(ran.out)
    assert said["kept"] is False
    good, bad = said["objects"]
    assert good == {
        "file": str(clean),
        "kind": "feature",
        "name": "close_over_open",
        "contracts": 17,
        "findings": [],
    }
    assert [finding["contract"] for finding in bad["findings"]] == ["something is denied"]
    assert "found ACTIVE" in bad["findings"][0]["text"]
    assert json.loads(run(str(clean), "--json").out)["kept"] is True


@pytest.mark.parametrize("words", [(), ("none.py",)])
def test_wrong_usage_ends_with_2(run: Callable[..., Ran], words: tuple[str, ...]) -> None:
    assert run(*words).status == 2


def test_an_error_of_the_import_is_one_line_and_ends_with_2(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    file = tmp_path / "bad.py"
    file.write_text("1 / 0\n", encoding="utf-8")
    ran = run(str(file))
    assert ran.status == 2
    assert ran.err == (
        f"plimsoll: expected {file} to import, found ZeroDivisionError: division by zero\n"
    )


def test_a_leak_is_told_by_what_leaked_and_ends_with_1(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    file = tmp_path / "Learns.py"
    file.write_text(SOURCE.format(feature=f"{PAST}.shift(-5)", label=FUTURE), encoding="utf-8")
    ran = run("--leaks", str(file))
    assert ran.status == 1
    head, contract, text = ran.out.splitlines()
    assert head == f"strategy Learns ({file}): 1 fell short"
    assert contract == "  a model's features rest on the past"
    assert text.startswith("    the feature %-move of BTC/USDT:USDT with another future from ")
    said = json.loads(run("--leaks", "--json", str(file)).out)
    assert said["kept"] is False
    assert said["objects"][0]["findings"][0]["contract"] == contract.strip()


def test_a_strategy_without_a_leak_ends_with_0(run: Callable[..., Ran], tmp_path: Path) -> None:
    file = tmp_path / "Learns.py"
    file.write_text(SOURCE.format(feature=PAST, label=FUTURE), encoding="utf-8")
    ran = run("--leaks", str(file))
    assert (ran.status, ran.out) == (0, f"strategy Learns ({file}): keeps all 3 contracts\n")


def test_leaks_are_looked_for_in_strategies_alone(run: Callable[..., Ran], clean: Path) -> None:
    ran = run("--leaks", str(clean))
    assert ran.status == 2
    assert "expected a strategy to look for leaks in, found none in" in ran.err
