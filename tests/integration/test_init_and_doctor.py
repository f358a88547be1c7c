"""From an empty folder to a set-up that the doctor finds nothing wrong with."""

import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from subprocess import PIPE

import pytest

from plimsoll.lab.doctor import Finding, Level, examine
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.processes import command, first_json_line, running
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from tests.ports import free_port
from tests.unit.cli import commands

pytestmark = pytest.mark.freqtrade

PAIR = "BTC/USDT:USDT"


@dataclass(frozen=True)
class Printed:
    """The commands that ``plimsoll init`` prints, by their first words."""

    lines: dict[str, list[str]]

    def words(self, *first: str) -> list[str]:
        """Return the arguments of the command that begins so."""
        return self.lines[" ".join(first)]

    def paths(self) -> set[str]:
        """Return every config file that a command reads."""
        return {
            words[index + 1]
            for words in self.lines.values()
            for index, word in enumerate(words)
            if word == "-c"
        }


def printed(text: str) -> Printed:
    block = text.split("Next, in this folder:")[1].replace("\\\n", " ")
    lines = {}
    for line in block.strip().splitlines():
        program, name, *rest = shlex.split(line.rstrip(" &"))
        first = [program, name]
        if rest and not rest[0].startswith("-"):
            first.append(rest.pop(0))
        lines[" ".join(first)] = rest
    return Printed(lines)


@pytest.fixture
def told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Printed:
    """What ``plimsoll init`` prints in an empty folder, which is the current one."""
    monkeypatch.chdir(tmp_path)
    ran = commands.plimsoll("init", monkeypatch=monkeypatch, capsys=capsys)
    assert ran.status == 0
    return printed(ran.out)


@contextmanager
def served_as_told(told: Printed, folder: Path) -> Iterator[None]:
    """Run the printed ``plimsoll venue serve``, on a free port and with one pair."""
    words = told.words("plimsoll", "venue", "serve")
    words[words.index("--port") + 1] = str(free_port())
    log = folder / "venue.log"
    full = [command("plimsoll"), "venue", "serve", *words, "--symbols", PAIR]
    with running(full, log=log, folder=folder, stdout=PIPE) as child:
        first_json_line(child, log=log)
        yield


def test_the_commands_that_init_prints_lead_to_a_sound_set_up(
    told: Printed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    def doctor() -> tuple[int, dict[str, list[str]]]:
        words = ["doctor", *told.words("plimsoll", "doctor"), "--json"]
        ran = commands.plimsoll(*words, monkeypatch=monkeypatch, capsys=capsys)
        levels: dict[str, list[str]] = {}
        for finding in json.loads(ran.out)["findings"]:
            levels.setdefault(finding["level"], []).append(finding["subject"])
        return ran.status, levels

    with served_as_told(told, tmp_path):
        assert [name for name in told.paths() if not Path(name).is_file()] == []
        status, levels = doctor()
        assert (status, levels["warning"], levels.get("fault")) == (1, ["data"], None)
        words = told.words("freqtrade", "download-data")
        words[words.index("--days") + 1] = "2"
        freqtrade(["download-data", *words], folder=tmp_path, log=tmp_path / "freqtrade.log")
        status, levels = doctor()
    assert (status, list(levels)) == (0, ["ok"])
    assert {"exchange", "clock", "data", "config"} <= set(levels["ok"])


def test_freqtrade_understands_every_command_that_init_prints(told: Printed) -> None:
    from freqtrade.commands.arguments import Arguments

    for first, words in told.lines.items():
        program, name = first.split()[:2]
        if program == "freqtrade":
            assert Arguments([name, *words]).get_parsed_arg()["command"] == name


def test_a_venue_in_another_time_is_a_fault_unless_the_bot_follows_it(tmp_path: Path) -> None:
    userdir = tmp_path / "user_data"
    lay_out(userdir)
    unaware = tmp_path / "unaware.json"
    arguments = ["--symbols", PAIR, "--start", "2025-03-01T00:00:00Z", "--clock", "stepped"]

    def clock(*files: Path) -> Finding:
        findings = examine(userdir, [userdir / "config/base.json", *files])
        [found] = [finding for finding in findings if finding.subject == "clock"]
        return found

    with serve_venue(arguments, folder=tmp_path) as venue:
        content = json.loads(venue.config.read_text(encoding="utf-8"))
        del content["log_config"]
        unaware.write_text(json.dumps(content), encoding="utf-8")
        assert clock(venue.config).level is Level.OK
        found = clock(unaware)
    assert found.level is Level.FAULT
    days = (datetime.now(UTC) - datetime(2025, 3, 1, tzinfo=UTC)).days
    assert float(found.found.split()[3]) / 86_400 == pytest.approx(days, abs=2)
