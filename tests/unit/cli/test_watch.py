"""``plimsoll watch`` as a command: its ways, its exit status, and what it does not import."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.processes import child_environment, command
from plimsoll.monitoring.store import Store, latch_on_record
from tests.support.watching import key_of
from tests.unit.monitoring.conftest import exchange, served
from tests.unit.monitoring.test_store import ALL, noted

__all__ = ["exchange", "served"]


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command("plimsoll"), "watch", *words],
        env=child_environment(environment),
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_one_look_leaves_a_status_that_the_command_shows(tmp_path: Path, exchange: Any) -> None:
    layer = tmp_path / "watch.json"
    watch = {"may": "flatten", "rules": {"bot_dead": {"act_after_seconds": 0}}}
    layer.write_text(json.dumps({"exchange": exchange.section, "plimsoll": {"watch": watch}}))
    key = key_of(exchange.profile)
    secrets = {"PLIMSOLL_WATCH__KEY": key["key"], "PLIMSOLL_WATCH__SECRET": key["secret"]}
    words = ("--userdir", str(tmp_path), "-c", str(layer))
    once = run(*words, "--once", "--json", **secrets)
    assert once.returncode == 0, once
    told = json.loads(once.stdout)
    assert told["account"]["fault"] is None
    shown = run(*words, "--status", **secrets)
    assert shown.returncode == 0, shown
    assert "all is well" in shown.stdout
    status = tmp_path / "plimsoll-watch" / "status.json"
    record = json.loads(status.read_text())
    old = datetime(2026, 1, 1, tzinfo=UTC).isoformat()
    status.write_text(json.dumps({**record, "as_of": old}))
    assert run(*words, "--status", **secrets).returncode == 1
    ahead = datetime(2126, 1, 1, tzinfo=UTC).isoformat()
    status.write_text(json.dumps({**record, "as_of": ahead}))
    assert run(*words, "--status", **secrets).returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--once", "--check"), "found several"),
        (("--release",), "--reason"),
        (("--status",), "no watchdog has left a status"),
        (("-c", "absent.json"), "absent.json"),
    ],
)
def test_wrong_usage_is_said_in_a_line(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    done = run("--userdir", str(tmp_path), *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_release_without_a_running_watchdog_is_written_down(tmp_path: Path) -> None:
    store = Store(tmp_path / "plimsoll-watch", [])
    noted(store, ALL)
    store.close()
    done = run("--userdir", str(tmp_path), "--release", "--reason", "looked at it")
    assert done.returncode == 0, done
    assert latch_on_record(tmp_path / "plimsoll-watch") is None


def test_neither_freqtrade_nor_its_client_is_imported() -> None:
    code = (
        "import sys, plimsoll.cli.watch, plimsoll.monitoring.watchdog, plimsoll.monitoring.trial;"
        "print([name for name in sys.modules if name.startswith('freqtrade')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
