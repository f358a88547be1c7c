"""What a part that fails gets: a line, a metric, and nothing lost. Everything here is real."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.processes import command, running, wait_until
from plimsoll.monitoring.exporter.bot import BotMeter
from tests.metrics.failures import FAILURES, PAGE, block
from tests.metrics.sinks import Sinks
from tests.metrics.stack import Stack, configured
from tests.ports import free_port
from tests.support.phoning import phoned
from tests.unit.monitoring.exporter.test_bot import SECRETS, settings, shown
from tests.unit.venue.serving import venue

TIMES = {"mail_after_seconds": 0, "webhook_after_seconds": 86_400, "dead_man_seconds": 10}
SILENT = "Nothing is heard"
COUNT = "count_over_time(plimsoll_bot_up[10m])"


@pytest.mark.slow
def test_telegram_that_floods_or_is_away_loses_no_message_of_the_control_bot(
    tmp_path: Path,
) -> None:
    with phoned(tmp_path, profile=TIMES) as phone:
        phone.telegram.refuse_next(3, 429, retry_after=1)
        phone.start()
        phone.telegram.wait_for(SILENT)
        assert [one.status for one in phone.telegram.rejected[:3]] == [429] * 3
        phone.telegram.down()
        phone.until(lambda: phone.status()["listening"] is False, "a status that says so")
        since = len(phone.telegram.messages)
        phone.telegram.up()
        phone.telegram.ask("/help", containing="/halt REASON")
        phone.until(lambda: phone.status()["listening"], "a status that is well again")
        assert len(phone.telegram.messages) > since


def key_file(folder: Path, *keys: str) -> Path:
    file = folder / "keys.json"
    part = folder / "keys.part"
    part.write_text(json.dumps([{"key": key, "secret": f"secret-{key}"} for key in keys]))
    part.replace(file)
    return file


def test_a_key_that_is_revoked_in_the_middle_is_a_metric_until_it_is_back(tmp_path: Path) -> None:
    keys, profile = key_file(tmp_path, "reader", "other"), tmp_path / "venue.json"
    with venue("--symbols", "BTCUSDT", "--keys", keys, "--write-config", profile):
        section = json.loads(profile.read_text())["exchange"]
        secrets = {**SECRETS, "key": "reader", "secret": "secret-reader"}
        own = {"profile": {"max_clock_skew_seconds": 86_400.0}, "exchange": section}
        meter = BotMeter(settings(tmp_path, secrets=secrets, **own), "one", 5.0)
        try:
            page = shown(meter)
            assert page["condition", "key_refused"] == 0.0
            assert isinstance(page["exchange_equity_usd",], float)
            key_file(tmp_path, "other")
            gone = shown(meter)
            assert gone["condition", "key_refused"] == 1.0
            assert ("exchange_equity_usd",) not in gone
            assert gone["source_up", "exchange"] == 0.0
            assert "reader" not in json.dumps(meter.faults())
            key_file(tmp_path, "reader", "other")
            back = shown(meter)
            assert back["condition", "key_refused"] == 0.0
            assert isinstance(back["exchange_equity_usd",], float)
        finally:
            meter.close()


@contextmanager
def prometheus(folder: Path, ports: dict[str, int]) -> Iterator[Stack]:
    """Yield a real Prometheus with the shipped files, looking each second."""
    line = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{ports['prometheus']}",
    ]
    url = f"http://127.0.0.1:{ports['prometheus']}"
    with running(line, log=folder / "prometheus.log", folder=folder) as child:
        yield Stack(Sinks(), None, url, "", "", {"prometheus": child.pid})  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.skipif(
    shutil.which("prometheus") is None, reason="needs prometheus: apt-get install prometheus"
)
def test_a_prometheus_that_is_killed_goes_on_with_what_it_had(tmp_path: Path) -> None:
    ports = {name: free_port() for name in ("prometheus", "exporter", "alertmanager")}
    configured(tmp_path, {**ports, "mail": 1, "webhook": 1})
    file = tmp_path / "prometheus.yml"
    often = file.read_text().replace("_interval: 10s", "_interval: 1s").replace("5s", "1s")
    file.write_text(often)
    layer = tmp_path / "bot.json"
    layer.write_text(json.dumps({"exchange": {"name": "binance"}, "bot_name": "mine"}))
    words = ["exporter", "-c", str(layer), "--userdir", ".", "--every", "1"]
    line = [command("plimsoll"), *words, "--port", str(ports["exporter"])]
    with ExitStack() as stack:
        exporter = stack.enter_context(running(line, log=tmp_path / "e.log", folder=tmp_path))
        with prometheus(tmp_path, ports) as seen:
            seen.until("plimsoll_bot_up", 0.0)
            seen.until("count_over_time(plimsoll_bot_up[1m]) > bool 2", 1.0)
            before = seen.value(COUNT)
            os.kill(seen.pids["prometheus"], signal.SIGKILL)
            wait_until(lambda: seen.value("up") is None, seconds=30, what="a dead Prometheus")
        assert exporter.poll() is None
        with prometheus(tmp_path, ports) as seen:
            seen.until("up", 1.0)
            after = seen.value(COUNT)
        assert before is not None
        assert after is not None
        assert after >= before > 0


def test_the_page_says_what_each_failure_gets() -> None:
    assert block() in PAGE.read_text(encoding="utf-8"), "run python -m tests.metrics.failures"


@pytest.mark.parametrize("one", FAILURES, ids=lambda one: one.what)
def test_each_test_that_is_named_is_there(one: Any) -> None:
    assert one.tests
    for name in one.tests:
        file, _, test = name.partition("::")
        text = (PAGE.parents[1] / file).read_text(encoding="utf-8")
        assert f"def {test}(" in text, name
