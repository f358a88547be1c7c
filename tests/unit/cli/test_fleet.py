"""``plimsoll status|halt|resume --fleet``."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from plimsoll.bridge.config.fleet_file import read_fleet
from plimsoll.bridge.state.fleet_folder import REPORT, FleetFolder
from plimsoll.cli import app


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "fleet.json"
    made.write_text(json.dumps({"name": "main", "bots": [{"name": "trend"}]}))
    FleetFolder(tmp_path / "main.fleet").write(
        REPORT,
        "trend",
        {
            "fleet": read_fleet(made).digest,
            "account": "one",
            "as_of": datetime.now(UTC).isoformat(),
            "capital_usd": 10_000.0,
            "profit_usd": -100.0,
            "mode": "ACTIVE",
            "positions": [],
        },
    )
    return made


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_fleet_is_shown_halted_and_re_armed(file: Path) -> None:
    shown = run("status", "--fleet", str(file))
    assert shown.exit_code == 0, shown.output
    assert "equity     9,900.00 USD" in shown.output
    assert "trend      no folder found, ACTIVE, -100.00 USD, 0 open" in shown.output
    halted = run("halt", "--fleet", str(file), "--reason", "no", "--json")
    assert halted.exit_code == 0
    told = run("status", "--fleet", str(file), "--json")
    assert told.exit_code == 1
    record = json.loads(told.stdout)
    assert (record["mode"], record["well"]) == ("HALTED", False)
    assert record["halts"][0]["id"] == json.loads(halted.stdout)["id"]
    done = run("resume", "--fleet", str(file), "--reason", "looked")
    assert done.exit_code == 0
    assert "re-armed" in done.output
    assert "nothing halts" in run("resume", "--fleet", str(file), "--reason", "again").output


def test_a_reason_of_several_lines_is_one_line_of_the_status(file: Path) -> None:
    run("halt", "--fleet", str(file), "--reason", "no\nequity     99,999.00 USD")
    lines = run("status", "--fleet", str(file)).output.splitlines()
    assert [line for line in lines if line.startswith("equity")] == ["equity     9,900.00 USD"]


def test_a_file_that_is_gone_is_wrong_usage(tmp_path: Path) -> None:
    done = run("status", "--fleet", str(tmp_path / "gone.json"))
    assert done.exception is not None
    assert "cannot be read" in str(done.exception) or "cannot be read" in done.output
