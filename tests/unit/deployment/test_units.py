"""Units: systemd takes them, they confine what they start, and their commands are real."""

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from freqtrade.commands.arguments import Arguments
from typer.main import get_command

from plimsoll.cli.app import app
from plimsoll.deployment.units import (
    ALL_MEMORY_MB,
    BESIDE_MEMORY_MB,
    BOT_MEMORY_MB,
    STOP_SECONDS,
    services,
    units,
)
from tests.unit.deployment.test_site import SITE

ANALYZE = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(
    ANALYZE is None, reason="no systemd-analyze; Debian package systemd"
)
EXPOSURE = 1.5
"""The most that systemd-analyze may find, of 10; a unit without a word of confinement has 9.6."""
SERVICES = {one.role: one for one in services(SITE)}
each_service = pytest.mark.parametrize("role", SERVICES)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """The units of a site whose commands and user are on this machine."""
    commands = tmp_path / "bin"
    commands.mkdir()
    for name in ("freqtrade", "plimsoll"):
        (commands / name).write_text("#!/bin/sh\n")
        (commands / name).chmod(0o755)
    folder = tmp_path / "units"
    folder.mkdir()
    for name, text in units(replace(SITE, user="daemon")).items():
        # No site may lie in /tmp, and these commands do.
        (folder / name).write_text(text.replace(f"={SITE.commands}/", f"={commands}/"))
    return folder


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    return subprocess.run([ANALYZE, *words], capture_output=True, text=True, timeout=120)


@needs_systemd
def test_systemd_finds_nothing_to_say_about_the_units(written: Path) -> None:
    files = sorted(map(str, written.iterdir()))
    seen = analyze("verify", *files)
    assert (seen.returncode, seen.stdout, seen.stderr) == (0, "", "")


@needs_systemd
@pytest.mark.parametrize(
    ("right", "wrong"),
    [("Restart=on-failure", "Restart=sometimes"), ("MemoryMax=1200M", "MemoryMax=lots")],
)
def test_systemd_would_have_said_something(written: Path, right: str, wrong: str) -> None:
    unit = written / "plimsoll-bot.service"
    text = unit.read_text()
    assert right in text
    unit.write_text(text.replace(right, wrong))
    assert wrong.partition("=")[2] in analyze("verify", str(unit)).stderr


@needs_systemd
@each_service
def test_a_service_is_exposed_no_more_than_stated(written: Path, role: str) -> None:
    unit = written / f"plimsoll-{role}.service"
    seen = analyze("security", "--offline=true", str(unit))
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", seen.stdout)
    assert found is not None, seen.stderr
    assert float(found.group(1)) <= EXPOSURE, seen.stdout


@needs_systemd
@pytest.mark.parametrize("role", [role for role, one in SERVICES.items() if one.calendar])
def test_a_timer_has_a_next_time(role: str) -> None:
    seen = analyze("calendar", SERVICES[role].calendar)
    assert seen.returncode == 0, seen.stderr
    assert "Next elapse" in seen.stdout


@each_service
def test_the_command_of_a_service_takes_its_words(role: str) -> None:
    program, *words = SERVICES[role].words
    if program == "freqtrade":
        parsed = Arguments(list(words)).get_parsed_arg()
        assert (parsed["command"], parsed["strategy"]) == ("trade", SITE.strategy)
        assert parsed["config"] == list(SITE.layers)
        return
    command = get_command(app)
    while hasattr(command, "commands"):
        name = words.pop(0)
        if name not in command.commands:
            pytest.skip(f"plimsoll {name} is not part of this version; no unit of it is written")
        command = command.commands[name]
    command.make_context(role, words)


def test_a_bot_is_told_to_end_by_an_interrupt_and_given_time() -> None:
    bot = read(units(SITE)["plimsoll-bot.service"])["Service"]
    assert bot["KillSignal"] == ["SIGINT"]
    assert bot["KillMode"] == ["mixed"]
    assert int(bot["TimeoutStopSec"][0]) == STOP_SECONDS >= 60
    assert bot["SuccessExitStatus"] == ["130"]


@each_service
def test_restarts_are_bounded(role: str) -> None:
    unit = read(units(SITE)[f"plimsoll-{role}.service"])
    if SERVICES[role].calendar:
        assert "Restart" not in unit["Service"]
        return
    assert unit["Service"]["Restart"][0] in ("on-failure", "always")
    # A burst must fit into its interval, or it is never reached.
    seconds = int(unit["Service"]["RestartSec"][0]) * int(unit["Unit"]["StartLimitBurst"][0])
    assert seconds < int(unit["Unit"]["StartLimitIntervalSec"][0])


def test_bot_watchdog_and_exporter_fit_into_two_gigabytes() -> None:
    assert BOT_MEMORY_MB + 2 * BESIDE_MEMORY_MB <= ALL_MEMORY_MB == 2048
    limits = read(units(SITE)["plimsoll.slice"])["Slice"]
    assert (limits["MemoryMax"], limits["CPUQuota"]) == (["2048M"], ["200%"])
    for role in SERVICES:
        service = read(units(SITE)[f"plimsoll-{role}.service"])["Service"]
        assert service["Slice"] == ["plimsoll.slice"]
        assert "MemoryMax" in service


@each_service
def test_a_unit_names_a_file_of_secrets_and_holds_none(role: str) -> None:
    service = read(units(SITE)[f"plimsoll-{role}.service"])["Service"]
    files = service.get("EnvironmentFile", [])
    assert files == ([f"/etc/plimsoll/{SERVICES[role].secrets}"] if SERVICES[role].secrets else [])
    assert not [one for one in service["Environment"] if re.search("KEY|PASSWORD|TOKEN", one)]
    assert service["InaccessiblePaths"] == ["-/etc/plimsoll"]


def test_the_simulated_exchange_reaches_loopback_alone_and_is_not_started_with_the_bot() -> None:
    files = units(SITE)
    venue = read(files["plimsoll-venue.service"])["Service"]
    assert (venue["IPAddressDeny"], venue["IPAddressAllow"]) == (["any"], ["localhost"])
    wanted = read(files["plimsoll.target"])["Unit"]["Wants"]
    assert "plimsoll-bot.service" in wanted
    assert "plimsoll-backup.timer" in wanted
    assert "plimsoll-venue.service" not in wanted


def test_only_the_chosen_services_are_written_and_wanted() -> None:
    files = units(SITE, [SERVICES["bot"]])
    assert sorted(files) == ["plimsoll-bot.service", "plimsoll.slice", "plimsoll.target"]
    assert read(files["plimsoll.target"])["Unit"]["Wants"] == ["plimsoll-bot.service"]


def test_two_bots_have_units_of_their_own() -> None:
    other = replace(SITE, name="second", folder=Path("/srv/second"))
    assert not units(SITE).keys() & units(other).keys()
    assert "plimsoll.slice" not in units(other)["second-bot.service"]


def read(text: str) -> dict[str, dict[str, list[str]]]:
    """Return sections, directives and their values; systemd takes a directive several times."""
    found: dict[str, dict[str, list[str]]] = {}
    section = ""
    for line in text.splitlines():
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = {}
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found[section].setdefault(key, []).append(value)
    return found
