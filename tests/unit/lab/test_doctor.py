"""The doctor's findings on real folders and configs; the exchange is a closed port."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.doctor import Finding, Level, examine
from plimsoll.lab.user_folder import lay_out
from plimsoll.venue.market.symbols import LISTED
from plimsoll.venue.profile import freqtrade_config
from tests.ports import free_port

PAIR = "BTC/USDT:USDT"


@pytest.fixture
def userdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user folder as ``plimsoll init`` lays it out, with a venue that nobody serves."""
    monkeypatch.delenv("PYTEST_VERSION", raising=False)
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "user_data"
    lay_out(folder)
    specs = [spec for spec in LISTED.values() if spec.pair == PAIR]
    venue = freqtrade_config(f"http://127.0.0.1:{free_port()}", specs, follow_clock=False)
    (folder / "config" / "venue-sim.json").write_text(json.dumps(venue), encoding="utf-8")
    return folder


def layers(userdir: Path, *own: Path) -> list[Path]:
    return [userdir / "config/base.json", userdir / "config/venue-sim.json", *own]


def own_layer(userdir: Path, content: dict[str, Any], *, mode: int = 0o600) -> Path:
    file = userdir / "own.json"
    file.write_text(json.dumps(content), encoding="utf-8")
    file.chmod(mode)
    return file


def found(subject: str, userdir: Path, *own: Path) -> list[Finding]:
    findings = examine(userdir, layers(userdir, *own))
    return [finding for finding in findings if finding.subject == subject]


def the(findings: list[Finding]) -> Finding:
    [finding] = findings
    return finding


def test_a_sound_folder_has_one_fault_the_exchange_that_nobody_serves(userdir: Path) -> None:
    findings = examine(userdir, layers(userdir))
    faults = [finding for finding in findings if finding.level is Level.FAULT]
    assert [fault.subject for fault in faults] == ["exchange"]
    assert "does not answer" in faults[0].found
    assert "plimsoll venue serve" in faults[0].remedy


def test_every_finding_that_is_not_ok_names_its_remedy(userdir: Path) -> None:
    findings = examine(userdir, layers(userdir))
    assert [finding for finding in findings if finding.level and not finding.remedy] == []


def test_versions_and_plugins_are_named(userdir: Path) -> None:
    assert "freqtrade 20" in the(found("versions", userdir)).found
    for kind, name in (("protections", "DailyLossGuard"), ("pairlists", "QualityPairList")):
        names, _, folder = the(found(kind, userdir)).found.partition(" from ")
        assert name in names.split(", ")
        assert folder.endswith(f"plugins/{kind}")


# Config


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"max_open_trades": "many"}, "'many' is not of type"),
        ({"plimsoll": {"risk": {"typo": 1}}}, "plimsoll.risk.typo"),
        ({"pairlists": [{"method": "NoSuchPairList"}]}, "NoSuchPairList"),
        ({"telegram": {"enabled": False}}, "'token' is a required property"),
    ],
    ids=["wrong type", "unknown key", "unknown pairlist", "incomplete section"],
)
def test_a_config_that_is_not_valid_is_a_fault(
    userdir: Path, content: dict[str, Any], said: str
) -> None:
    finding = the(found("config", userdir, own_layer(userdir, content)))
    assert finding.level is Level.FAULT
    assert said in finding.found


def test_an_enabled_api_without_secrets_is_a_fault(userdir: Path) -> None:
    finding = the(found("config", userdir, userdir / "config/api-server.json"))
    assert finding.level is Level.FAULT
    assert "FREQTRADE__API_SERVER__PASSWORD" in finding.found


def test_secrets_from_the_environment_mend_that(
    userdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREQTRADE__API_SERVER__PASSWORD", "for-this-test")
    monkeypatch.setenv("FREQTRADE__API_SERVER__JWT_SECRET_KEY", "for-this-test-" * 4)
    finding = the(found("config", userdir, userdir / "config/api-server.json"))
    assert finding == Finding(Level.OK, "config", "3 layers, valid")


def test_an_absent_config_file_is_a_fault(userdir: Path) -> None:
    finding = the(found("config", userdir, userdir / "none.json"))
    assert finding.level is Level.FAULT
    assert "none.json" in finding.found


def test_a_config_that_is_no_json_is_a_fault(userdir: Path) -> None:
    file = userdir / "broken.json"
    file.write_text("{", encoding="utf-8")
    assert the(found("config", userdir, file)).level is Level.FAULT


def test_no_config_at_all_is_a_warning(tmp_path: Path) -> None:
    findings = {finding.subject: finding for finding in examine(tmp_path, [])}
    assert findings["config"].level is Level.WARNING
    assert "exchange" not in findings


def test_an_installation_that_init_laid_out_is_well_without_a_config(userdir: Path) -> None:
    findings = examine(userdir, [])
    assert {finding.level for finding in findings} == {Level.OK}
    subjects = [finding.subject for finding in findings]
    assert subjects[0] == "config"
    assert {"guards", "strategies", "versions"} <= set(subjects)
    assert {"data", "exchange"} & set(subjects) == set()


def test_freqtrades_own_config_file_is_taken_when_none_is_named(userdir: Path) -> None:
    here = {"httpsProxy": f"http://127.0.0.1:{free_port()}"}
    exchange = {"name": "binance", "ccxt_config": here}
    content = {"dry_run": True, "max_open_trades": "many", "exchange": exchange}
    (userdir / "config.json").write_text(json.dumps(content), encoding="utf-8")
    findings = {finding.subject: finding for finding in examine(userdir, [])}
    assert findings["config"].level is Level.FAULT
    assert "'many' is not of type" in findings["config"].found
    assert "data" in findings


def test_a_variable_of_telegram_without_its_layer_is_named(
    userdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREQTRADE__TELEGRAM__TOKEN", "for-this-test")
    finding = the(found("config", userdir))
    assert finding.level is Level.FAULT
    assert "FREQTRADE__TELEGRAM__TOKEN is set" in finding.found
    assert "for-this-test" not in finding.found
    assert "-c user_data/config/telegram.json" in finding.remedy
    [bare] = [one for one in examine(userdir, []) if one.subject == "config"]
    assert bare.level is Level.WARNING


def test_a_config_that_registers_no_plugins_is_a_warning(userdir: Path) -> None:
    alone = own_layer(userdir, {"exchange": {"name": "binance"}, "dry_run": True})
    findings = {finding.subject: finding for finding in examine(userdir, [alone])}
    assert findings["registration"].level is Level.WARNING


# Strategies


def test_a_folder_without_strategies_is_a_warning_with_the_command(tmp_path: Path) -> None:
    findings = {finding.subject: finding for finding in examine(tmp_path, [])}
    assert findings["strategies"].level is Level.WARNING
    assert findings["strategies"].remedy == f"run: plimsoll init --userdir {tmp_path}"


def test_a_check_that_cannot_run_is_a_fault_and_the_others_go_on(userdir: Path) -> None:
    folder = userdir / "data/binance/futures"
    folder.mkdir(parents=True)
    layer = own_layer(userdir, {"dataformat_ohlcv": "json", "trading_mode": "futures"})
    (folder / "BTC_USDT_USDT-5m-futures.json").write_text("no json", encoding="utf-8")
    findings = {finding.subject: finding for finding in examine(userdir, layers(userdir, layer))}
    assert findings["data"].level is Level.FAULT
    assert findings["secrets"].level is Level.OK


# Secrets


@pytest.mark.parametrize(
    ("mode", "level"),
    [(0o600, Level.WARNING), (0o640, Level.FAULT), (0o604, Level.FAULT)],
    ids=oct,
)
def test_a_secret_in_a_file_is_worse_when_others_can_read_it(
    userdir: Path, mode: int, level: Level
) -> None:
    file = own_layer(userdir, {"exchange": {"key": "k", "secret": "s"}}, mode=mode)
    finding = the(found("secrets", userdir, file))
    assert finding.level is level
    assert "exchange.key, exchange.secret" in finding.found
    assert ("chmod 600" in finding.remedy) is (level is Level.FAULT)


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("telegram", "token"),
        ("api_server", "password"),
        ("api_server", "jwt_secret_key"),
        ("api_server", "ws_token"),
        ("exchange", "privateKey"),
    ],
)
def test_every_kind_of_secret_is_seen_and_never_shown(
    userdir: Path, section: str, key: str
) -> None:
    file = own_layer(userdir, {section: {key: "only-i-know-it"}}, mode=0o644)
    finding = the(found("secrets", userdir, file))
    assert finding.level is Level.FAULT
    assert f"{section}.{key}" in finding.found
    assert "only-i-know-it" not in finding.found


@pytest.mark.parametrize(
    ("host", "level"), [("http://127.0.0.1:1", Level.OK), ("https://fapi.example", Level.FAULT)]
)
def test_the_keys_of_an_exchange_on_this_machine_are_no_secret(
    userdir: Path, host: str, level: Level
) -> None:
    keys = {"key": "k", "secret": "s"}
    urls = {"ccxt_config": {"urls": {"api": {"fapiPrivate": f"{host}/fapi/v1"}}}}
    file = own_layer(userdir, {"exchange": {**keys, **urls}}, mode=0o644)
    assert the(found("secrets", userdir, file)).level is level


def test_empty_secrets_of_the_shipped_profiles_are_none(userdir: Path) -> None:
    files = [userdir / "config" / name for name in ("venue-binance.json", "telegram.json")]
    assert the(found("secrets", userdir, *files)).level is Level.OK


# Exchange


def test_an_exchange_that_ccxt_does_not_know_is_a_fault(userdir: Path) -> None:
    layer = own_layer(userdir, {"exchange": {"name": "nosuchexchange"}})
    assert the(found("exchange", userdir, layer)).level is Level.FAULT


def test_a_base_after_the_users_own_config_is_a_warning(userdir: Path) -> None:
    own = own_layer(userdir, {"max_open_trades": 9})
    findings = [one for one in examine(userdir, [own, *layers(userdir)]) if one.subject == "layers"]
    assert the(findings).level is Level.WARNING
    assert the(findings).found.endswith("so its max_open_trades wins")
    assert found("layers", userdir, own) == []
