"""Plugins of the shipped folders and of a user's own."""

from pathlib import Path

import pytest

from plimsoll.lab.finding import Finding, Level
from plimsoll.lab.plugin_checks import KINDS, check_plugins


def of(kind: str, userdir: Path) -> list[Finding]:
    return [one for one in check_plugins({"user_data_dir": userdir}) if one.subject == kind]


def write(userdir: Path, kind: str, name: str, text: str) -> None:
    file = userdir / "plugins" / kind / f"{name}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_the_shipped_plugins_are_named_with_their_folder(tmp_path: Path) -> None:
    for kind, name in (("protections", "DailyLossGuard"), ("pairlists", "QualityPairList")):
        [finding] = of(kind, tmp_path)
        names, _, folder = finding.found.partition(" from ")
        assert finding.level is Level.OK
        assert name in names.split(", ")
        assert folder.endswith(f"plugins/{kind}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "source",
    ["import no_such_module\n\n\nclass Mine(Base):\n    pass\n", "class Mine(Base:\n"],
    ids=["import error", "syntax error"],
)
def test_a_plugin_that_freqtrade_cannot_load_is_a_fault(
    tmp_path: Path, kind: str, source: str
) -> None:
    write(tmp_path, kind, "Mine", source)
    mine, shipped = of(kind, tmp_path)
    assert mine.level is Level.FAULT
    assert "Mine" in mine.found
    assert shipped.level is Level.OK


def test_a_plugin_that_freqtrade_loads_is_named(tmp_path: Path) -> None:
    base = "from freqtrade.plugins.protections.cooldown_period import CooldownPeriod\n\n\n"
    write(tmp_path, "protections", "Mine", f"{base}class Mine(CooldownPeriod):\n    pass\n")
    mine, _ = of("protections", tmp_path)
    assert mine == Finding(Level.OK, "protections", f"Mine from {tmp_path / 'plugins/protections'}")


def test_one_that_takes_the_place_of_a_shipped_one_is_told(tmp_path: Path) -> None:
    write(tmp_path, "protections", "DailyLossGuard", "class DailyLossGuard(Base):\n    pass\n")
    [shadow] = of("plugins", tmp_path)
    assert shadow.level is Level.WARNING
    assert "your own DailyLossGuard" in shadow.found
