"""The image's recipe and the compose file, run here without an engine wherever they can be."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from freqtrade.commands.arguments import Arguments

from plimsoll.lab.processes import child_environment, running, wait_until
from tests.architecture.test_docs import fault_of_plimsoll
from tests.conftest import ROOT
from tests.ports import free_port

DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())
PROJECT = SETTINGS["project"]
BUNDLE = set(SETTINGS["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"])
STOPPED_BY_SIGINT = 130
"""Freqtrade's exit status when it was told to stop and did."""
PROFILES = {
    "demo": {"demo"},
    "backtest": {"loopback", "init", "venue", "download", "backtest", "report"},
    "dry-run": {"loopback", "init", "venue", "bot", "watch", "exporter"},
    "dry-run-binance": {"loopback", "init", "bot-binance", "watch-binance", "exporter-binance"},
    "postgres": {"loopback", "init", "venue", "postgres", "bot-postgres"},
    "monitoring": {"loopback", "prometheus", "alertmanager", "grafana"},
    "digest": {"digest"},
}
BOTS = ("bot", "bot-binance", "bot-postgres")
ONE_SHOTS = ("demo", "init", "download", "backtest", "report", "digest")
OWN = {name for name, one in SERVICES.items() if one["image"].startswith(PROJECT["name"])}
COMMANDED = sorted(OWN - {"loopback"})
MEGABYTES = 2048
"""What bot, watchdog and exporter may take together."""
BUILD_SECONDS = 900
"""A builder's step takes a minute; a slow machine or package index takes its time."""
UNREACHABLE = re.compile(
    r"from versions: none|Read timed out|ReadTimeoutError|IncompleteRead|ProtocolError|"
    r"ConnectionResetError|Max retries exceeded|HTTP error 5\d\d"
)
"""What pip says when the package index cannot be reached, or breaks off."""
SECRET_NAME = re.compile(r"KEY|SECRET|PASSWORD|TOKEN|CHAT_ID")

each_service = pytest.mark.parametrize("name", sorted(SERVICES))
each_own_service = pytest.mark.parametrize("name", COMMANDED)
each_profile = pytest.mark.parametrize("profile", PROFILES)


@dataclass(frozen=True)
class Instruction:
    """One instruction of the Dockerfile, its continued lines joined."""

    stage: str
    word: str
    rest: str

    def sources(self) -> list[str]:
        """What a COPY takes from the build context."""
        words = [part for part in self.rest.split() if not part.startswith("--")]
        return [] if "--from=" in self.rest else words[:-1]


def _read_dockerfile() -> list[Instruction]:
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE)
    stage, found = "", []
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            stage = rest.split()[-1]
        if word:
            found.append(Instruction(stage, word, rest.strip()))
    return found


RECIPE = _read_dockerfile()


def _runtime(word: str) -> str:
    return " ".join(step.rest for step in RECIPE if step.stage == "runtime" and step.word == word)


# What the files say.


@each_service
def test_ports_are_published_on_loopback_only(name: str) -> None:
    service = SERVICES[name]
    assert service.get("network_mode") != "host"
    for port in service.get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:(\$\{\w+:-\d+\}|\d+):\d+", port), port


@each_service
def test_service_is_confined(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert not service.keys() & {"privileged", "cap_add", "devices", "pid", "build"}
    # The database's image begins as root; others have a user of their own.
    assert service.get("user") == ("postgres" if name == "postgres" else None)


@each_service
def test_service_has_a_limit_of_memory_and_of_processes(name: str) -> None:
    service = SERVICES[name]
    assert 16 <= _megabytes(service["mem_limit"]) <= MEGABYTES
    assert service["pids_limit"] <= 512
    assert service["restart"] in ("no", "unless-stopped")
    assert "healthcheck" in service or name in BOTS  # theirs is the image's own


@pytest.mark.parametrize("bot", ["bot", "bot-binance"])
def test_bot_watchdog_and_exporter_stay_within_the_budget(bot: str) -> None:
    beside = bot.removeprefix("bot")
    limits = [SERVICES[name]["mem_limit"] for name in (bot, f"watch{beside}", f"exporter{beside}")]
    assert sum(map(_megabytes, limits)) <= MEGABYTES


def _megabytes(limit: str) -> int:
    assert limit.endswith("m"), limit
    return int(limit.removesuffix("m"))


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - OWN))
def test_what_others_made_is_pinned_and_reads_files_that_there_are(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"\$\{PLIMSOLL_\w+_IMAGE:-[a-z/]+:v?\d[\d.]*\}", service["image"])
    for volume in service["volumes"]:
        source, target, *mode = volume.split(":")
        if source.startswith("."):
            assert mode == ["ro"]
            assert (DOCKER / source).is_dir()
            assert any((DOCKER / source).rglob("*.*"))
        else:
            assert source in COMPOSE["volumes"]
            assert not mode
        assert target.startswith("/")


@each_own_service
def test_command_is_one_that_its_program_accepts(name: str) -> None:
    words = [re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", str(w)) for w in SERVICES[name]["command"]]
    program, *rest = words
    if program == "plimsoll":
        assert fault_of_plimsoll(tuple(words)) is None
    else:
        assert program == "freqtrade"
        parsed = Arguments(rest).get_parsed_arg()
        assert parsed["command"] in ("trade", "backtesting", "download-data")
    for layer in re.findall(r"config=(\S+)", " ".join(words)):
        assert (ROOT / layer).is_file() or layer.endswith("venue-docker.json"), layer


def test_a_command_that_no_program_has_is_found() -> None:
    assert fault_of_plimsoll(("plimsoll", "exporter", "--listen=0.0.0.0")) is not None


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool: Debian's prometheus")
def test_prometheus_in_the_container_reads_the_shipped_rules() -> None:
    [mount] = [one for one in SERVICES["prometheus"]["volumes"] if one.startswith("./")]
    source, target, _ = mount.split(":")
    [file] = [
        word.removeprefix(f"--config.file={target}/")
        for word in SERVICES["prometheus"]["command"]
        if word.startswith("--config.file=")
    ]
    words = ["promtool", "check", "config", DOCKER / source / file]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_grafana_finds_its_source_and_the_shipped_dashboards() -> None:
    folder = DOCKER / "grafana"
    mounts = dict(v.split(":")[:2] for v in SERVICES["grafana"]["volumes"] if v.startswith("./"))
    provisioning = folder / "provisioning"
    [source] = yaml.safe_load((provisioning / "datasources/prometheus.yml").read_text())[
        "datasources"
    ]
    listens = next(w for w in SERVICES["prometheus"]["command"] if "web.listen" in w)
    assert source["url"].rpartition(":")[2] == listens.rpartition(":")[2]
    assert SERVICES["grafana"]["network_mode"] == SERVICES["prometheus"]["network_mode"]
    for file in (folder / "dashboards").glob("*.json"):
        used = set(re.findall(r'"uid": "(prometheus)"', file.read_text()))
        assert used == {source["uid"]}
    [provider] = yaml.safe_load((provisioning / "dashboards/plimsoll.yml").read_text())["providers"]
    assert provider["options"]["path"] == mounts["./grafana/dashboards"]


@each_service
def test_secrets_come_by_file(name: str) -> None:
    service = SERVICES[name]
    for key, value in service.get("environment", {}).items():
        if SECRET_NAME.search(key):
            assert str(value).startswith("/run/secrets/"), key
    for secret in service.get("secrets", []):
        assert COMPOSE["secrets"][secret].keys() == {"file"}
        assert f"/run/secrets/{secret}" in service["environment"].values()
    assert not re.search(r"://\w+:[^@/]+@", " ".join(map(str, service.get("command", []))))


@each_own_service
def test_state_is_in_declared_volumes_that_the_image_gives_to_its_user(name: str) -> None:
    owned = next(step.rest for step in RECIPE if "install -d" in step.rest).split()
    for volume in SERVICES[name]["volumes"]:
        source, target = volume.split(":")
        assert source in COMPOSE["volumes"]
        assert target in owned


@each_profile
def test_profile_holds_its_services_and_all_that_they_need(profile: str) -> None:
    inside = {name for name, service in SERVICES.items() if profile in service["profiles"]}
    assert inside == PROFILES[profile]
    for name in inside:
        mode = SERVICES[name].get("network_mode", "")
        joined = {mode.removeprefix("service:")} if mode.startswith("service:") else set()
        assert {*SERVICES[name].get("depends_on", {}), *joined} <= inside


@pytest.mark.parametrize("name", BOTS)
def test_bot_comes_back_closes_cleanly_and_never_trades_with_money(name: str) -> None:
    bot = SERVICES[name]
    assert bot["restart"] == "unless-stopped"
    assert bot["stop_grace_period"] == "2m"
    assert "--config=user_data/config/mode-dry-run.json" in bot["command"]
    assert not any("live" in part for part in bot["command"])


@pytest.mark.parametrize("name", ONE_SHOTS)
def test_one_shot_ends_and_has_no_health(name: str) -> None:
    assert SERVICES[name]["restart"] == "no"
    assert SERVICES[name]["healthcheck"] == {"disable": True}


def test_no_secret_has_a_value_in_git_or_in_the_build_context() -> None:
    example = (DOCKER / "secrets.env.example").read_text()
    settings = re.findall(r"^#?(FREQTRADE__\w+)=(.*)$", example, flags=re.MULTILINE)
    assert len(settings) >= 4
    assert {value for _, value in settings} == {""}
    assert "secrets.env" in (DOCKER / ".gitignore").read_text().split()
    assert "secrets/" in (DOCKER / ".gitignore").read_text().split()
    for name in BOTS:
        assert SERVICES[name]["env_file"] == ["secrets.env"]


def test_build_context_is_what_the_recipe_copies_and_no_more() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    admitted = {line.removeprefix("!") for line in lines if line.startswith("!")}
    copied = {source for step in RECIPE if step.word == "COPY" for source in step.sources()}
    assert "*" in lines
    assert admitted == (copied - {"user_data"}) | {
        folder for folder in BUNDLE if folder.startswith("user_data/")
    }
    assert all((ROOT / source).exists() for source in copied)


def test_image_runs_unprivileged_and_says_what_it_is() -> None:
    uid, gid = _runtime("USER").split(":")
    assert int(uid) > 0
    assert int(gid) > 0
    assert f"useradd --uid {uid}" in _runtime("RUN")
    assert not re.search(r"\b(pip|gcc)\b", _runtime("RUN"))
    installed = re.findall(r"--no-install-recommends ([^&\\]+)", _runtime("RUN"))
    assert [one.split() for one in installed] == [["libgomp1"]]
    assert _runtime("STOPSIGNAL") == "SIGINT"
    labels = dict(re.findall(r'opencontainers\.image\.(\w+)="([^"]+)"', _runtime("LABEL")))
    assert labels["version"] == PROJECT["version"]
    assert labels["licenses"] == PROJECT["license"]
    tags = {SERVICES[name]["image"] for name in OWN}
    assert tags == {f"{PROJECT['name']}:{PROJECT['version']}"}


@each_profile
def test_compose_client_accepts_the_profile(profile: str, tmp_path: Path) -> None:
    compose = ["docker", "compose"]
    if (
        shutil.which("docker") is None
        or subprocess.run([*compose, "version"], capture_output=True).returncode
    ):
        pytest.skip("no docker compose client on this machine")
    shutil.copy(DOCKER / "compose.yml", tmp_path)
    shutil.copy(DOCKER / "secrets.env.example", tmp_path / "secrets.env")
    file = ["-f", str(tmp_path / "compose.yml"), "--profile", profile]
    done = subprocess.run([*compose, *file, "config"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert yaml.safe_load(done.stdout)["services"].keys() == PROFILES[profile]


def test_page_names_only_files_profiles_and_services_that_exist() -> None:
    page = (ROOT / "docs" / "docker.md").read_text()
    blocks = "\n".join(re.findall(r"```bash\n(.*?)```", page, flags=re.DOTALL))
    assert set(re.findall(r"--profile (\S+)", blocks)) == PROFILES.keys()
    for name in re.findall(r"(?:exec|logs -f|exit-code-from|run --rm) (\S+)", blocks):
        assert name in SERVICES, name
    for file in re.findall(r"(?<!\S)docker/\S+", blocks):
        made = file == "docker/secrets.env" or file.startswith("docker/secrets")
        assert (ROOT / file).exists() or made, file
    assert set(re.findall(r"freqtrade-plimsoll:[\d.]+", blocks)) == {SERVICES["demo"]["image"]}


# What the files do.


@dataclass(frozen=True)
class Image:
    """The image's content on this machine: its Python environment and its working folder."""

    environment: Path
    folder: Path
    venue_port: int
    api_port: int

    def command(self, *words: str) -> list[str]:
        """A command as the image's entry point starts it."""
        return [str(DOCKER / "entrypoint.sh"), *words]

    def service(self, name: str, settings: Mapping[str, str]) -> list[str]:
        """The command of a compose service, with ``${NAME:-default}`` and ports put in."""
        return self.command(*(self._filled(word, settings) for word in SERVICES[name]["command"]))

    def health(self, name: str) -> int:
        """Run the health check of a compose service and return its status."""
        urls = [self._filled(word, {}) for word in SERVICES[name]["healthcheck"]["test"][2:]]
        return _healthcheck(*urls)

    def variables(self) -> dict[str, str]:
        """What the runtime stage sets that matters outside of a container."""
        path = f"{self.environment / 'bin'}:{os.environ['PATH']}"
        return {"PATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def secrets(self) -> dict[str, str]:
        """What secrets.env adds for a bot."""
        return {
            "FREQTRADE__API_SERVER__LISTEN_PORT": str(self.api_port),
            "FREQTRADE__API_SERVER__PASSWORD": "of this test only",
            "FREQTRADE__API_SERVER__JWT_SECRET_KEY": "of this test only, and long enough for it",
        }

    def run(self, *words: str, extra: Mapping[str, str] | None = None) -> str:
        """Run a command to its end, in the working folder; return what it said."""
        environment = child_environment({**self.variables(), **(extra or {})})
        return _said(self.command(*words), folder=self.folder, environment=environment)

    def run_service(self, name: str, **settings: str) -> str:
        """Run a compose service to its end."""
        return self.run(*self.service(name, settings)[1:])

    def _filled(self, word: str, settings: Mapping[str, str]) -> str:
        filled = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda m: settings.get(m[1], m[2]), word)
        return filled.replace("8601", str(self.venue_port)).replace(":8080/", f":{self.api_port}/")


def _said(arguments: list[str], *, folder: Path, environment: Mapping[str, str]) -> str:
    done = subprocess.run(
        arguments,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_SECONDS,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}:\n{said[-3000:]}"
    return said


def _healthcheck(*urls: str) -> int:
    check = [sys.executable, str(DOCKER / "healthcheck.py"), *urls]
    return subprocess.run(check, capture_output=True).returncode


def _build(folder: Path) -> Path:
    """Follow the builder stage in an empty folder; return the environment that it makes."""
    made = folder / "opt"
    subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    inherited = child_environment({"PATH": f"{folder / 'python' / 'bin'}:{os.environ['PATH']}"})
    variables = {k: v for k, v in inherited.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    place = folder
    for step in RECIPE:
        if step.stage != "builder":
            continue
        if step.word == "WORKDIR":
            place = folder / step.rest.strip("/")
            place.mkdir()
        elif step.word == "COPY":
            _copy(step, place)
        elif step.word == "RUN":
            line = re.sub(r"--mount=\S+", "", step.rest).replace("/opt/plimsoll", str(made))
            _said(["/bin/sh", "-c", line], folder=place, environment=variables)
        else:
            assert step.word == "FROM", f"this test does not know how to follow {step.word}"
    return made


def _copy(step: Instruction, place: Path) -> None:
    target = place / step.rest.split()[-1]
    for source in step.sources():
        origin = ROOT / source
        if origin.is_dir():
            shutil.copytree(origin, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(origin, target)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image's content, made by the builder's own steps in a clean environment."""
    try:
        made = _build(tmp_path_factory.mktemp("build"))
    except AssertionError as error:
        if UNREACHABLE.search(str(error)):
            pytest.skip("no package index can be reached from here")
        raise
    folder = tmp_path_factory.mktemp("srv")
    for name in ("databases", "out", "user_data/data"):
        (folder / name).mkdir(parents=True)
    return Image(made, folder, free_port(), free_port())


@pytest.fixture(scope="module")
def stack(image: Image) -> Iterator[Image]:
    """The services ``init`` and ``venue``, as both profiles start them."""
    image.run_service("init")
    with running(
        image.service("venue", {}),
        log=image.folder / "venue.log",
        folder=image.folder,
        environment=image.variables(),
    ):
        wait_until(lambda: image.health("venue") == 0, seconds=240, what="a healthy venue")
        yield image


@pytest.mark.slow
@pytest.mark.freqtrade
@pytest.mark.timeout(1800)
def test_recipe_installs_the_pinned_runtime_set_and_nothing_else(image: Image) -> None:
    assert image.run("plimsoll", "--version").strip() == f"plimsoll {PROJECT['version']}"
    assert version("freqtrade") in image.run("freqtrade", "--version")
    assert "--seed" in image.run(*SERVICES["demo"]["command"], "--help")
    metadata = (
        "import importlib.metadata as m; [print(d.name, d.version) for d in m.distributions()]"
    )
    python = [str(image.environment / "bin" / "python"), "-c", metadata]
    listed = _said(python, folder=image.folder, environment=child_environment({"PYTHONPATH": ""}))
    found = {
        re.sub(r"[-_.]+", "-", name).lower(): number
        for name, number in (line.split() for line in listed.splitlines())
    }
    pinned = set(re.findall(r"^(\S+)==(\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    assert found.pop(PROJECT["name"]) == PROJECT["version"]
    assert set(found.items()) <= pinned
    assert not found.keys() & {"pytest", "mypy", "ruff", "hypothesis", "hatchling", "pip"}


@pytest.mark.slow
@pytest.mark.freqtrade
@pytest.mark.timeout(1800)
def test_backtest_profile_downloads_tests_and_reports(stack: Image) -> None:
    stack.run_service("download", PLIMSOLL_DAYS="6", PLIMSOLL_TIMEFRAME="5m")
    chosen = {"PLIMSOLL_STRATEGY": "TrendFollow", "PLIMSOLL_TIMEFRAME": "5m"}
    said = stack.run_service("backtest", **chosen)
    assert "QualityPairList from" in said
    stack.run_service("report")
    assert (stack.folder / "out" / "report.html").stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.freqtrade
@pytest.mark.timeout(1800)
def test_dry_run_bot_becomes_healthy_and_ends_cleanly_on_the_stop_signal(stack: Image) -> None:
    log, variables = stack.folder / "bot.log", {**stack.variables(), **stack.secrets()}
    command = stack.service("bot", {})
    with running(command, log=log, folder=stack.folder, environment=variables) as bot:
        assert stack.health("bot") != 0
        wait_until(lambda: stack.health("bot") == 0, seconds=240, what="a healthy bot")
        wait_until(lambda: "Bot heartbeat" in log.read_text(), seconds=240, what="a heartbeat")
        for words in _commands_for("bot"):
            assert "ERROR" not in stack.run(*words, extra=stack.secrets())
        bot.send_signal(signal.Signals[_runtime("STOPSIGNAL")])
        assert bot.wait(240) == STOPPED_BY_SIGINT
    assert (stack.folder / "databases" / "dry-run.sqlite").exists()
    for word in ("Cleaning up modules", "Finished server process", "SIGINT received"):
        assert word in log.read_text()


def _commands_for(service: str) -> list[list[str]]:
    """The commands that the page runs inside of a service's container."""
    page = (ROOT / "docs" / "docker.md").read_text()
    found = [shlex.split(line) for line in re.findall(rf" exec {service} (.*)", page)]
    assert found
    return found


def test_entry_point_refuses_what_is_not_a_command_of_the_image() -> None:
    for words in ([], ["sh", "-c", "id"]):
        done = subprocess.run([DOCKER / "entrypoint.sh", *words], capture_output=True, text=True)
        assert done.returncode == 2
        assert "plimsoll --help" in done.stderr


def test_health_check_fails_where_nobody_listens() -> None:
    assert _healthcheck(f"http://127.0.0.1:{free_port()}/api/v1/ping") == 1
