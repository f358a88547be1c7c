"""``plimsoll deploy`` writes files, twice the same, and names what it refuses."""

import json
from functools import partial
from pathlib import Path

import pytest

from tests.unit.cli import commands
from tests.unit.cli.commands import Run, assert_one_line

UNITS = ("deploy", "systemd", "-c", "user_data/config/base.json", "--strategy", "MomentumCross")
PROXY = ("deploy", "proxy", "--host", "bot.example.org", "--certificate", "/etc/ssl/chain.pem")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    return partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)


def test_units_are_written_once_and_only_for_commands_that_are_there(
    run: Run, tmp_path: Path
) -> None:
    words = [*UNITS, "--commands", "/opt/plimsoll/bin", "--write", str(tmp_path), "--json"]
    told = json.loads(run(*words).out)
    assert (
        sorted(told["changed"]) == told["files"] == sorted(one.name for one in tmp_path.iterdir())
    )
    assert {"plimsoll-bot.service", "plimsoll-watch.service", "plimsoll.target"} <= set(
        told["files"]
    )
    assert json.loads(run(*words).out)["changed"] == []
    bot = (tmp_path / "plimsoll-bot.service").read_text()
    assert "ExecStart=/opt/plimsoll/bin/freqtrade trade --userdir user_data" in bot


def test_a_proxy_is_written_with_the_rotation_of_its_log(run: Run, tmp_path: Path) -> None:
    words = [*PROXY, "--certificate-key", "/etc/ssl/key.pem", "--write", str(tmp_path)]
    assert run(*words).status == 0
    assert "bot.example.org" in (tmp_path / "plimsoll-proxy.conf").read_text()
    assert "/var/log/plimsoll/proxy.log {" in (tmp_path / "plimsoll.logrotate").read_text()


def test_what_a_unit_cannot_hold_is_one_line(run: Run, tmp_path: Path) -> None:
    seen = run(*UNITS, "--folder", "/home/ada/bot", "--write", str(tmp_path))
    assert seen.status == 2
    assert_one_line(seen, "expected --folder outside of /home")
    assert list(tmp_path.iterdir()) == []
