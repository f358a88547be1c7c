"""A fleet's file is whole and right, or refused in one line."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.config.fleet_file import read_fleet
from plimsoll.core import PlimsollError
from plimsoll.monitoring.exporter.fleet import listed_bots

GOOD: dict[str, Any] = {"name": "main", "bots": [{"name": "trend"}, {"name": "carry"}]}


def written(folder: Path, content: object) -> Path:
    file = folder / "fleet.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_bots_and_limits_are_read_and_the_folder_lies_beside_the_file(tmp_path: Path) -> None:
    file = written(tmp_path, {**GOOD, "risk": {"drawdown_halt_fraction": 0.09}})
    fleet = read_fleet(file)
    assert fleet.names == ("trend", "carry")
    assert fleet.risk.drawdown_halt_fraction == 0.09
    assert fleet.state_folder(file) == tmp_path / "main.fleet"
    elsewhere = read_fleet(written(tmp_path, {**GOOD, "folder": "/srv/fleet"}))
    assert elsewhere.state_folder(file) == Path("/srv/fleet")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "expected JSON"),
        ("[]", "not valid"),
        ({"name": "main", "bots": []}, "bots"),
        ({**GOOD, "bots": [{"name": "trend"}, {"name": "trend"}]}, "trend twice"),
        ({**GOOD, "bots": [{"name": "../x"}]}, r"bots\.0\.name"),
        ({**GOOD, "limits": {}}, "limits"),
        ({**GOOD, "risk": {"drawdown_halt_fraction": 7}}, "drawdown_halt_fraction"),
        ('{"name": "main", "bots": [{"name": "a"}], "max_report_age_seconds": NaN}', "max_report"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(PlimsollError, match=said) as raised:
        read_fleet(written(tmp_path, content))
    assert "\n" not in str(raised.value)


def test_a_file_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match="cannot be read"):
        read_fleet(tmp_path / "fleet.json")


def test_the_exporter_takes_the_same_file(tmp_path: Path) -> None:
    (tmp_path / "trend.json").write_text("{}", encoding="utf-8")
    bots = [{"name": "trend", "config": ["trend.json"], "userdir": "."}]
    file = written(tmp_path, {**GOOD, "bots": bots, "risk": {"drawdown_halt_fraction": 0.1}})
    assert list(listed_bots(file, {})) == ["trend"]
