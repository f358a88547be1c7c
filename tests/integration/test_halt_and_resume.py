"""``plimsoll status``, ``halt`` and ``resume`` against a real bot: running, stopped, killed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from plimsoll.journal.check import verify
from tests.support.drill import Drill, DrillPlan, drill
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran

Command = Callable[..., Ran]
PATIENCE = ("--wait", "180")


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


@pytest.mark.freqtrade
def test_a_person_halts_resumes_and_halts_again(tmp_path: Path, run: Command) -> None:
    with drill(tmp_path, DrillPlan()) as bot:
        bot.wait_for_positions(2)
        seen = run(bot, "status", "--json")
        assert seen.status == 0, seen
        told = json.loads(seen.out)
        assert (told["runs"], told["state"], told["mode"]) == (True, "running", "ACTIVE")
        assert len(told["positions"]) == 2
        assert told["status"]["equity_usd"] > 0
        _halt(bot, run)
        _resume(bot, run)
        _halt_while_stopped(bot, run)
        bot.kill9()
        _resume_the_dead(bot, run)
        assert verify(bot.userdir / "plimsoll" / "decisions").fault is None


def _latches(bot: Drill) -> list[str]:
    """Pairs of the locks that are ours; Freqtrade locks a pair until its next candle as well."""
    return [lock["pair"] for lock in bot.locks() if lock["reason"].startswith("plimsoll ")]


def _halt(bot: Drill, run: Command) -> None:
    halted = run(bot, "halt", "--reason", "I do not like it", *PATIENCE)
    assert halted.status == 0, halted
    assert "HALTED" in halted.out
    assert "I do not like it" in halted.out
    assert "flat" in halted.out
    assert bot.trades(is_open=True) == []
    assert _latches(bot) == ["*"]
    again = run(bot, "halt", *PATIENCE)
    assert again.status == 0
    assert _latches(bot) == ["*"]
    seen = run(bot, "status")
    assert seen.status == 1
    assert "HALTED" in seen.out
    assert "until a person re-arms" in seen.out


def _resume(bot: Drill, run: Command) -> None:
    assert run(bot, "resume").status == 2
    assert run(bot, "resume", "--reason", " ").status == 2
    resumed = run(bot, "resume", "--reason", "looked at it", *PATIENCE)
    assert resumed.status == 0, resumed
    assert "re-armed" in resumed.out
    [rearm] = bot.decisions("rearm")
    assert rearm["reason"] == "looked at it"
    assert _latches(bot) == []
    assert run(bot, "resume", "--reason", "again").status == 0
    assert len(bot.decisions("rearm")) == 1
    bot.wait_for_positions(2)


def _halt_while_stopped(bot: Drill, run: Command) -> None:
    bot.rest.stop()
    bot.wait_until(lambda: bot.rest.show_config()["state"] == "stopped", what="a stopped bot")
    halted = run(bot, "halt", "--wait", "5")
    assert halted.status == 1
    assert "nothing is closed" in halted.out
    assert "/start" in halted.out
    assert len(bot.trades(is_open=True)) == 2
    assert run(bot, "status").status == 1
    bot.rest.start()
    assert run(bot, "halt", *PATIENCE).status == 0
    assert bot.trades(is_open=True) == []


def _resume_the_dead(bot: Drill, run: Command) -> None:
    seen = run(bot, "status")
    assert seen.status == 1
    assert "not running" in seen.out
    assert "HALTED" in seen.out
    resumed = run(bot, "resume", "--reason", "tomorrow is another day")
    assert resumed.status == 0, resumed
    assert "in the database" in resumed.out
    assert _latches(bot) == []
    last = bot.decisions("rearm")[-1]
    assert (last["rules"], last["reason"]) == (["manual_halt"], "tomorrow is another day")
    # At the bot's own time: a re-arming of the future would hide every later loss.
    assert last["at"] <= bot.now().isoformat()
    assert run(bot, "resume", "--reason", "again").status == 0
    assert bot.decisions("rearm")[-1] == last
