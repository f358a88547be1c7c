"""``make monitoring``: wrong words are refused, and Ctrl-C leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from plimsoll.lab.processes import child_environment
from tests.conftest import ROOT
from tests.metrics.live import free_of, main
from tests.metrics.stack import ABSENT, MISSING

PATIENCE = 400


@pytest.mark.parametrize(
    "words", [["--minutes", "-1"], ["--minutes", "nan"], ["--crash-after", "inf"], ["--colour"]]
)
def test_times_that_are_none_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)


def test_a_port_that_somebody_listens_on_is_left_to_him() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = int(other.getsockname()[1])
        assert free_of({"prometheus": port}) == {}
    assert free_of({"prometheus": port}) == {"prometheus": port}


@pytest.mark.slow
@pytest.mark.freqtrade
@pytest.mark.skipif(bool(ABSENT), reason=MISSING)
def test_one_command_brings_it_up_and_an_interrupt_ends_all_of_it(tmp_path: Path) -> None:
    log = tmp_path / "monitoring.log"
    with log.open("w") as output:
        child = subprocess.Popen(
            [sys.executable, "-u", "-m", "tests.metrics.live", "--crash-after", "0"],
            cwd=ROOT,
            env=child_environment({"TMPDIR": str(tmp_path)}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + PATIENCE
        while "PlimsollHalted firing" not in log.read_text():
            assert child.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.5)
        told = log.read_text()
        pids = {name: int(pid) for name, pid in re.findall(r"([\w-]+)=(\d+)", told)}
        programs = {"exchange", "bot", "watch", "control-bot", "exporter", "prometheus"}
        assert programs | {"alertmanager"} == set(pids)
        assert all(psutil.pid_exists(pid) for pid in pids.values())
        for what in ("exchange", "bot", "exporter", "prometheus", "alertmanager"):
            assert re.search(rf"^{what} +http://127\.0\.0\.1:\d+", told, re.MULTILINE), what
        began = {pid: psutil.Process(pid).create_time() for pid in pids.values()}
        os.kill(child.pid, signal.SIGINT)
        assert child.wait(120) == 0, log.read_text()
        for pid, created in began.items():
            assert not psutil.pid_exists(pid) or psutil.Process(pid).create_time() != created
        assert log.read_text().rstrip().endswith("ended")
        assert not list(tmp_path.glob("monitoring-*"))
    finally:
        if child.poll() is None:
            child.kill()
            child.wait(60)
