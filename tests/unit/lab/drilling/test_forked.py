"""A command in a fork of a process that has imported everything already."""

import signal
import time
from pathlib import Path

import pytest

from plimsoll.lab.drilling.forked import start

pytestmark = pytest.mark.freqtrade


def test_the_installed_command_runs_as_in_a_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREQTRADE__DRY_RUN", "false")
    log = tmp_path / "said.log"
    child = start(["freqtrade", "--version"], folder=tmp_path, log=log, environment={})
    assert child.wait(60) == 0
    assert "Freqtrade Version" in log.read_text()
    assert "FREQTRADE__" not in log.read_text()


def test_a_child_is_killed_and_takes_no_signal_afterwards(tmp_path: Path) -> None:
    words = ["plimsoll", "venue", "serve", "--market", "synthetic", "--symbols", "BTC/USDT"]
    child = start(words, folder=tmp_path, log=tmp_path / "said.log", environment={})
    time.sleep(0.2)
    assert child.alive
    child.kill()
    assert not child.alive
    child.send(signal.SIGTERM)
    assert child.wait(1) == -signal.SIGKILL
