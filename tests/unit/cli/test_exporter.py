"""``plimsoll exporter`` as a command: its page without a bot, wrong usage, and its imports."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from plimsoll.lab.processes import child_environment, command


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command("plimsoll"), "exporter", *words],
        cwd=folder,
        env=child_environment({}),
        capture_output=True,
        text=True,
        timeout=300,
    )


def layer(folder: Path) -> str:
    file = folder / "bot.json"
    file.write_text(json.dumps({"exchange": {"name": "binance"}, "bot_name": "mine"}))
    return str(file)


def test_without_a_bot_it_prints_the_page_and_says_so(tmp_path: Path) -> None:
    done = run(tmp_path, "--once", "-c", layer(tmp_path), "--userdir", ".")
    assert done.returncode == 1, done
    read = {one.name: one for one in text_string_to_metric_families(done.stdout)}
    [up] = read["plimsoll_bot_up"].samples
    assert (up.labels, up.value) == ({"bot": "mine"}, 0.0)
    assert done.stderr == ""


def test_two_bots_as_json(tmp_path: Path) -> None:
    layer(tmp_path)
    bots = [{"name": name, "config": ["bot.json"]} for name in ("a", "b")]
    (tmp_path / "bots.json").write_text(json.dumps({"bots": bots}))
    done = run(tmp_path, "--json", "--bots", "bots.json")
    assert done.returncode == 1, done
    assert set(json.loads(done.stdout)["bots"]) == {"a", "b"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "found neither"),
        (("--bots", "absent.json"), "absent.json"),
        (("--bots", "absent.json", "-c", "x.json"), "found both"),
        (("-c", "absent.json"), "absent.json"),
    ],
)
def test_wrong_usage_is_said_in_a_line(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_freqtrade_is_not_imported() -> None:
    code = (
        "import sys, plimsoll.cli.exporter, plimsoll.monitoring.exporter.page,"
        "plimsoll.monitoring.exporter.fleet;"
        "print([name for name in sys.modules if name.startswith('freqtrade')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
