"""A real bot as a service: systemd told, nginx before it, backed up, killed and restored."""

import base64
import http.client
import json
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from plimsoll.bridge.state import registry
from plimsoll.deployment.proxy import LOGINS_AT_ONCE
from plimsoll.lab.processes import wait_until
from tests.support.drill import Drill, DrillPlan, drill
from tests.support.proxying import HOST, Served, needs_nginx, nginx_before
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran

Command = Callable[..., Ran]
OTHER_ADDRESS = ("127.0.0.2", 0)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def ran(bot: Drill, *words: str) -> Ran:
        server = {"LISTEN_PORT": str(bot._port), "PASSWORD": bot._password}
        for name, value in server.items():
            monkeypatch.setenv(f"FREQTRADE__API_SERVER__{name}", value)
        arguments = bot._arguments()
        layers = arguments[arguments.index("-c") :]
        where = ["--userdir", str(bot.userdir), "--db-url", f"sqlite:///{bot.database}", *layers]
        capsys.readouterr()
        return commands.plimsoll(*words, *where, monkeypatch=monkeypatch, capsys=capsys)

    return ran


@needs_nginx
@pytest.mark.freqtrade
def test_a_bot_as_a_service(tmp_path: Path, run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(120)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("FREQTRADE__INTERNALS__SD_NOTIFY", "true")
        with drill(tmp_path, DrillPlan()) as bot:
            _systemd_is_told(systemd)
            bot.wait_for_positions(2)
            with nginx_before(tmp_path / "nginx", bot._port) as served:
                _guesses_end_in_429(served, bot)
            systemd.close()
            _backed_up_and_restored(bot, run, tmp_path)


def _systemd_is_told(systemd: socket.socket) -> None:
    """The unit waits for READY=1, and kills a bot that no longer says WATCHDOG=1."""
    said = ""
    while "READY=1" not in said or said.count("WATCHDOG=1") < 2:
        said += systemd.recv(4096).decode()


def _guesses_end_in_429(served: Served, bot: Drill) -> None:
    context = ssl.create_default_context(cafile=str(served.certificate))
    port = urlsplit(served.url).port
    open_before = [
        http.client.HTTPSConnection(HOST, port, timeout=120, context=context) for _ in range(8)
    ]
    for connection in open_before:
        connection.connect()
    wrong = {"Authorization": "Basic " + base64.b64encode(b"plimsoll:a-guess").decode()}
    for connection in open_before:
        connection.request("POST", "/api/v1/token/login", headers=wrong)
    statuses = sorted(connection.getresponse().status for connection in open_before)
    assert set(statuses) == {401, 429}
    assert LOGINS_AT_ONCE + 1 <= statuses.count(401) <= LOGINS_AT_ONCE + 2
    right = base64.b64encode(f"plimsoll:{bot._password}".encode()).decode()
    elsewhere = http.client.HTTPSConnection(
        HOST, port, timeout=120, context=context, source_address=OTHER_ADDRESS
    )
    elsewhere.request("POST", "/api/v1/token/login", headers={"Authorization": f"Basic {right}"})
    answer = elsewhere.getresponse()
    assert answer.status == 200
    token = json.loads(answer.read())["access_token"]
    for connection in open_before:  # the guesser's own address, with a token: no login
        connection.close()
    session = http.client.HTTPSConnection(HOST, port, timeout=120, context=context)
    session.request("GET", "/api/v1/count", headers={"Authorization": f"Bearer {token}"})
    assert session.getresponse().status == 200
    session.close()

    def again() -> bool:
        later = http.client.HTTPSConnection(HOST, port, timeout=120, context=context)
        later.request("GET", "/api/v1/count", headers={"Authorization": f"Basic {right}"})
        status = later.getresponse().status
        later.close()
        return status == 200

    wait_until(again, seconds=90, what="a login after the window", pause_seconds=2)
    elsewhere.close()


def _backed_up_and_restored(bot: Drill, run: Command, folder: Path) -> None:
    file = str(folder / "one.backup.tar.gz")
    made = json.loads(run(bot, "backup", file, "--json").out)
    assert (made["while_running"], made["log_fault"], made["held"]) == (True, None, [])
    refused = run(bot, "restore", file)
    assert refused.status == 1
    assert "a bot runs" in refused.err
    assert run(bot, "halt", "--reason", "I do not like it", "--wait", "180").status == 0
    assert bot.trades(is_open=True) == []
    bot.kill9()
    restored = run(bot, "restore", file)
    assert restored.status == 0, restored
    while registry._claimed:  # as the command's process does when it ends: here it is the test's
        registry._claimed.popitem()[1].release()
    assert len(bot.trades(is_open=True)) == 2, "the backup's database is in place"
    assert "HALTED manual_halt" in restored.out
    assert "HALTED state" in restored.out
    seen = json.loads(run(bot, "status", "--json").out)
    assert (seen["mode"], seen["runs"]) == ("HALTED", False)
    bot.start(seconds=400)
    bot.wait_until(lambda: bot.trades(is_open=True) == [], what="everything closed")
    assert len(bot.trades()) == 2, "nothing was entered"
