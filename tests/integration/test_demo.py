"""The main job as a user runs it, and what is left behind when it is killed."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from plimsoll.lab.processes import child_environment, command, wait_until

pytestmark = pytest.mark.freqtrade


def plimsoll_processes(folder: Path) -> list[psutil.Process]:
    """Every process whose command line names the folder of this test."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(str(folder) in part for part in process.info["cmdline"] or [])
    ]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    "days", [10, pytest.param(240, marks=pytest.mark.slow, id="240, as a user runs it")]
)
def test_demo_ends_with_a_fired_guard_a_report_and_nothing_left_running(
    tmp_path: Path, days: int
) -> None:
    done = subprocess.run(
        [
            *(command("plimsoll"), "demo", "--out", str(tmp_path / "demo"), "--json"),
            *(() if days == 240 else ("--days", str(days))),
        ],
        capture_output=True,
        text=True,
        env=child_environment(),
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert told["ok"]
    assert "daily loss" in told["halt_reason"]
    steps = {step["text"].partition(":")[0] for step in told["steps"]}
    assert {"exchange", "download-data", "backtesting", "trade", "paper", "guard"} <= steps
    assert {"crash", "squeeze"} & steps, "the market is struck against what is held"
    assert {"log verify", "log why"} <= steps
    page = (tmp_path / "demo" / "report.html").read_text(encoding="utf-8")
    assert "http://" not in page.replace("http://127.0.0.1", "").replace("http://www.w3.org", "")
    assert "daily_loss" in page
    for picture in ("report.png", "paper.png"):
        assert (tmp_path / "demo" / picture).stat().st_size > 20_000
    assert plimsoll_processes(tmp_path) == []


@pytest.mark.timeout(600)
def test_a_killed_demo_takes_its_processes_with_it(tmp_path: Path) -> None:
    if not hasattr(signal, "SIGKILL") or not Path("/proc").is_dir():
        pytest.skip("children follow a killed parent on Linux only")
    out = tmp_path / "demo"
    demo = subprocess.Popen(
        [command("plimsoll"), "demo", "--out", str(out)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=child_environment(),
        cwd=tmp_path,
    )
    try:
        wait_until(lambda: any(out.glob("runs/*/freqtrade.log")), seconds=240, what="a download")
        assert len(plimsoll_processes(tmp_path)) > 1
    finally:
        os.kill(demo.pid, signal.SIGKILL)
        demo.wait(60)
    wait_until(lambda: not plimsoll_processes(tmp_path), seconds=120, what="the children's end")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_demos_run_beside_each_other(tmp_path: Path) -> None:
    demos = [
        subprocess.Popen(
            [command("plimsoll"), "demo", "--out", str(tmp_path / "demo"), "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(),
            cwd=tmp_path,
        )
        for _ in range(2)
    ]
    deadline = time.monotonic() + 900
    for demo in demos:
        output, errors = demo.communicate(timeout=deadline - time.monotonic())
        assert demo.returncode == 0, errors
        assert json.loads(output)["ok"]
