"""The Make targets of the whole path are plain commands that freqtrade and plimsoll understand."""

import shlex
import shutil
import subprocess

import pytest
from freqtrade.commands.arguments import Arguments

from tests.architecture.test_docs import fault_of_plimsoll
from tests.conftest import ROOT

MAKE = shutil.which("make")
BIN = ".venv/bin/"


@pytest.mark.skipif(MAKE is None, reason="no make; Debian package make")
@pytest.mark.parametrize(
    ("target", "begins"),
    [
        ("data", "plimsoll data backfill"),
        ("backtest", "freqtrade backtesting"),
        ("paper", "freqtrade trade"),
        ("drill", "plimsoll drill --all"),
        ("report", "plimsoll report"),
        ("live", "freqtrade trade"),
    ],
)
def test_a_target_is_one_command_with_options_that_exist(target: str, begins: str) -> None:
    assert MAKE is not None
    # As if the environment were ready: what makes that is not the target's.
    words = [MAKE, "--dry-run", "--no-print-directory", "--assume-old=.venv/.ready", target]
    words += ["STRATEGY=TrendFollow", "TIMERANGE=20250101-20250201"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    [line] = [line for line in told.stdout.splitlines() if line.startswith(BIN)][-1:]
    command = line.removeprefix(BIN)
    assert command.startswith(begins)
    program, *rest = shlex.split(command)
    if program == "plimsoll":
        assert fault_of_plimsoll((program, *rest)) is None
        return
    parsed = Arguments(rest).get_parsed_arg()
    layers = [str(layer) for layer in parsed["config"]]
    assert all((ROOT / layer).is_file() for layer in layers), layers
    has_money = "user_data/config/mode-live.json" in layers
    assert has_money == (target == "live")
