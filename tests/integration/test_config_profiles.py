"""The shipped profiles, layered as a user layers them, against Freqtrade itself."""

import re
import subprocess
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from freqtrade.configuration.config_validation import (
    validate_config_consistency,
    validate_config_schema,
)
from freqtrade.configuration.environment_vars import environment_vars_to_dict
from freqtrade.configuration.load_config import load_from_files
from freqtrade.enums import RunMode
from freqtrade.misc import deep_merge_dicts
from freqtrade.resolvers import StrategyResolver

from plimsoll.bridge.config.settings import (
    LIVE_OPT_IN,
    require_live_opt_in,
    require_secrets,
    settings_from,
)
from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_environment, command
from plimsoll.lab.user_folder import lay_out

OPT_IN = {"FREQTRADE__PLIMSOLL__LIVE_OPT_IN": LIVE_OPT_IN}
SECRETS = {
    "api-server.json": {
        "FREQTRADE__API_SERVER__PASSWORD": "for-this-test",
        "FREQTRADE__API_SERVER__JWT_SECRET_KEY": "for-this-test-only-0123456789-0123456789",
    },
    "telegram.json": {
        "FREQTRADE__TELEGRAM__TOKEN": "123456:for-this-test",
        "FREQTRADE__TELEGRAM__CHAT_ID": "123456",
    },
    "mode-live.json": {
        "FREQTRADE__EXCHANGE__KEY": "for-this-test",
        "FREQTRADE__EXCHANGE__SECRET": "for-this-test",
        **OPT_IN,
    },
}
MODES = {
    RunMode.BACKTEST: "mode-backtest.json",
    RunMode.HYPEROPT: "mode-backtest.json",
    RunMode.DRY_RUN: "mode-dry-run.json",
    RunMode.LIVE: "mode-live.json",
}
TALKATIVE = ("api-server.json", "telegram.json")


@pytest.fixture(scope="module")
def userdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("profiles") / "user_data"
    lay_out(folder)
    return folder


def merged(userdir: Path, *names: str) -> dict[str, Any]:
    files = [str(userdir / "config" / name) for name in ("base.json", *names)]
    config = deep_merge_dicts(environment_vars_to_dict(), load_from_files(files))
    register(config)
    return {**config, "original_config": deepcopy(config)}


def with_strategy(config: dict[str, Any], userdir: Path, runmode: RunMode) -> dict[str, Any]:
    """Fill in what Freqtrade fills in from the strategy and the command line."""
    filled = {**config, "runmode": runmode, "strategy": "TrendFollow", "user_data_dir": userdir}
    StrategyResolver.load_strategy(filled)
    return {**filled, "user_data_dir": str(userdir), "datadir": str(userdir / "data")}


@pytest.mark.parametrize("others", [(), *((name,) for name in TALKATIVE), TALKATIVE], ids=str)
@pytest.mark.parametrize("runmode", MODES, ids=lambda mode: mode.value)
def test_every_sensible_layering_is_valid(
    userdir: Path, monkeypatch: pytest.MonkeyPatch, runmode: RunMode, others: tuple[str, ...]
) -> None:
    layers = ("venue-binance.json", MODES[runmode], *others)
    for layer in layers:
        for name, value in SECRETS.get(layer, {}).items():
            monkeypatch.setenv(name, value)
    config = merged(userdir, *layers)
    require_secrets(config)
    require_live_opt_in(config, settings_from(config))
    assert config["dry_run"] is (runmode is not RunMode.LIVE)
    filled = with_strategy(config, userdir, runmode)
    validate_config_schema(filled)
    validate_config_consistency(filled)


def test_the_base_profile_loads_alone(userdir: Path) -> None:
    config = merged(userdir)
    assert config["dry_run"] is True
    assert settings_from(config).risk.max_daily_loss_fraction == 0.03
    validate_config_schema({**config, "runmode": RunMode.OTHER})


def test_live_is_stricter_than_paper(userdir: Path) -> None:
    paper, live = (
        settings_from(merged(userdir, MODES[mode])).risk for mode in (RunMode.DRY_RUN, RunMode.LIVE)
    )
    assert live.max_daily_loss_fraction < paper.max_daily_loss_fraction
    assert live.max_daily_loss_usd is not None
    assert live.day_starts_at_hour_utc == paper.day_starts_at_hour_utc


GENERAL = tuple(
    f"risk-{name}.json" for name in ("careful", "evolution", "open-interest", "portfolio")
)
STEPS = ("risk-live-500.json", "risk-live-1000.json", "risk-live-5000.json")


def test_there_is_no_other_risk_profile(userdir: Path) -> None:
    found = {file.name for file in (userdir / "config").glob("risk-*.json")}
    assert found == {*GENERAL, *STEPS}


@pytest.mark.parametrize("preset", GENERAL)
def test_the_limits_of_the_live_mode_win_over_a_risk_profile_before_it(
    userdir: Path, preset: str
) -> None:
    mode = load_from_files([str(userdir / "config" / "mode-live.json")])["plimsoll"]["risk"]
    risk = settings_from(merged(userdir, preset, "mode-live.json")).risk
    assert {name: getattr(risk, name) for name in mode} == mode
    own = load_from_files([str(userdir / "config" / preset)])["plimsoll"]["risk"]
    kept = {name: value for name, value in own.items() if name not in mode and value is not None}
    plain = risk.model_dump()
    assert {name: plain[name] for name in kept} == kept


@pytest.mark.parametrize("preset", STEPS)
@pytest.mark.parametrize("is_last", [True, False], ids=["after the mode", "before it"])
def test_a_live_step_never_loosens_the_fraction_of_the_live_mode(
    userdir: Path, preset: str, is_last: bool
) -> None:
    layers = ("mode-live.json", preset) if is_last else (preset, "mode-live.json")
    alone = settings_from(merged(userdir, "mode-live.json")).risk
    risk = settings_from(merged(userdir, *layers)).risk
    assert risk.max_daily_loss_fraction <= alone.max_daily_loss_fraction
    assert risk.drawdown_halt_fraction <= alone.drawdown_halt_fraction
    assert risk.max_leverage == 1


@pytest.mark.parametrize("preset", [*GENERAL, *STEPS])
@pytest.mark.parametrize("runmode", [RunMode.DRY_RUN, RunMode.BACKTEST], ids=str)
def test_every_risk_profile_layers_on_paper(userdir: Path, runmode: RunMode, preset: str) -> None:
    layers = ("venue-binance.json", preset, MODES[runmode])
    config = with_strategy(merged(userdir, *layers), userdir, runmode)
    validate_config_schema(config)
    validate_config_consistency(config)


def test_telegram_hears_what_the_guards_say(userdir: Path) -> None:
    telegram = load_from_files([str(userdir / "config" / "telegram.json")])["telegram"]
    assert telegram["allow_custom_messages"] is True
    assert telegram["notification_settings"]["strategy_msg"] == "on"


PRODUCERS = '[{"name": "producer", "host": "127.0.0.1", "port": 8080, "ws_token": "for-this-test"}]'
FEED_SECRETS = {
    "producer.json": {
        **SECRETS["api-server.json"],
        "FREQTRADE__API_SERVER__WS_TOKEN": "for-this-test",
    },
    "consumer.json": {"FREQTRADE__EXTERNAL_MESSAGE_CONSUMER__PRODUCERS": PRODUCERS},
    "orderflow.json": {},
}


@pytest.mark.parametrize("name", FEED_SECRETS)
def test_a_layer_of_the_feed_is_valid_with_its_secrets_and_refused_without(
    userdir: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    layers = ("venue-binance.json", "mode-dry-run.json", name)
    if FEED_SECRETS[name]:
        with pytest.raises(PlimsollError, match=list(FEED_SECRETS[name])[-1]):
            require_secrets(merged(userdir, *layers))
    for variable, value in FEED_SECRETS[name].items():
        monkeypatch.setenv(variable, value)
    config = merged(userdir, *layers)
    require_secrets(config)
    settings_from(config)
    filled = with_strategy(config, userdir, RunMode.DRY_RUN)
    validate_config_schema(filled)
    validate_config_consistency(filled)
    bus = config.get("external_message_consumer", {})
    assert all(one["host"] == "127.0.0.1" for one in bus.get("producers", ()))


@pytest.mark.parametrize(
    "name", ["api-server.json", "producer.json", "telegram.json", "venue-binance.json"]
)
def test_no_profile_ships_a_secret(userdir: Path, name: str) -> None:
    config = load_from_files([str(userdir / "config" / name)])
    secret = {"key", "secret", "password", "token", "jwt_secret_key", "ws_token", "chat_id"}
    held = {
        f"{section}.{key}": value
        for section, content in config.items()
        if isinstance(content, dict)
        for key, value in content.items()
        if key in secret and value
    }
    assert held == {}


def test_no_producer_ships_a_token(userdir: Path) -> None:
    bus = load_from_files([str(userdir / "config" / "consumer.json")])["external_message_consumer"]
    assert [one["ws_token"] for one in bus["producers"]] == [""]


@pytest.mark.parametrize("name", ["api-server.json", "producer.json"])
def test_the_api_listens_on_loopback_only(userdir: Path, name: str) -> None:
    config = load_from_files([str(userdir / "config" / name)])
    assert config["api_server"]["listen_ip_address"] == "127.0.0.1"


# Refusals by the real command


@dataclass(frozen=True)
class Refused:
    status: int
    out: str
    err: str


REFUSALS = {
    "live": ("trade", ("mode-live.json",)),
    "api-server": ("trade", ("mode-dry-run.json", "api-server.json")),
    "telegram": ("trade", ("mode-dry-run.json", "telegram.json")),
    "webserver": ("webserver", ("mode-dry-run.json", "api-server.json")),
}
SAID = {
    "live": r"dry_run is false.*FREQTRADE__PLIMSOLL__LIVE_OPT_IN",
    "api-server": r"FREQTRADE__API_SERVER__PASSWORD, FREQTRADE__API_SERVER__JWT_SECRET_KEY",
    "telegram": r"FREQTRADE__TELEGRAM__TOKEN, FREQTRADE__TELEGRAM__CHAT_ID",
    "webserver": r"FREQTRADE__API_SERVER__PASSWORD",
}


@pytest.fixture(scope="module")
def refused(userdir: Path) -> dict[str, Refused]:
    """How each refused command ended; all run at once, since each takes seconds to start."""
    started = {}
    for case, (name, layers) in REFUSALS.items():
        files = [userdir / "config" / file for file in ("base.json", "venue-binance.json", *layers)]
        words = [command("freqtrade"), name, "--userdir", str(userdir)]
        words += [part for file in files for part in ("-c", str(file))]
        if name == "trade":
            words += ["--strategy", "TrendFollow", "--db-url", "sqlite://"]
        started[case] = subprocess.Popen(
            words,
            cwd=userdir.parent,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    try:
        ended = {case: child.communicate(timeout=400) for case, child in started.items()}
        return {case: Refused(started[case].returncode, *said) for case, said in ended.items()}
    finally:
        for child in started.values():
            child.kill()


@pytest.mark.freqtrade
@pytest.mark.parametrize("case", REFUSALS)
def test_the_real_command_refuses_in_one_line_with_status_two(
    refused: dict[str, Refused], case: str
) -> None:
    ended = refused[case]
    assert ended.status == 2
    [line] = [line for line in ended.err.splitlines() if line.startswith("plimsoll: ")]
    assert re.search(SAID[case], line)
    assert ended.err.splitlines()[-1] == line
    assert "Traceback" not in ended.out + ended.err
