"""The doctor's findings on real folders and configs; the exchange is a closed port."""

import json
from pathlib import Path
from typing import Any

import pytest
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType

from plimsoll.lab.doctor import Finding, Level, examine
from plimsoll.lab.user_folder import lay_out
from plimsoll.venue.market.symbols import LISTED
from plimsoll.venue.profile import freqtrade_config
from tests.conftest import random_candles
from tests.ports import free_port

PAIR = "BTC/USDT:USDT"


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    """A user folder as ``plimsoll init`` lays it out, with a venue that nobody serves."""
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


def store_candles(userdir: Path, *, funding: bool) -> None:
    folder = userdir / "data" / "binance"
    (folder / "futures").mkdir(parents=True)
    handler = get_datahandler(folder, "feather")
    handler.ohlcv_store(PAIR, "5m", random_candles(50), CandleType.FUTURES)
    if funding:
        rates = random_candles(3, timeframe="8h")[["date"]].assign(funding_rate=0.0001)
        handler.ohlcv_store(PAIR, "1h", rates, CandleType.FUNDING_RATE)


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


def test_no_config_at_all_is_a_warning(userdir: Path) -> None:
    findings = {finding.subject: finding for finding in examine(userdir, [])}
    assert findings["config"].level is Level.WARNING
    assert findings["exchange"].found == "none configured"


def test_a_config_that_registers_no_plugins_is_a_warning(userdir: Path) -> None:
    alone = own_layer(userdir, {"exchange": {"name": "binance"}, "dry_run": True})
    findings = {finding.subject: finding for finding in examine(userdir, [alone])}
    assert findings["registration"].level is Level.WARNING


# Plugins and strategies


@pytest.mark.parametrize("kind", ["protections", "pairlists"])
@pytest.mark.parametrize(
    "source",
    ["import no_such_module\n\n\nclass Mine(Base):\n    pass\n", "class Mine(Base:\n"],
    ids=["import error", "syntax error"],
)
def test_a_plugin_that_freqtrade_cannot_load_is_a_fault(
    userdir: Path, kind: str, source: str
) -> None:
    file = userdir / "plugins" / kind / "Mine.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(source, encoding="utf-8")
    mine, shipped = found(kind, userdir)
    assert mine.level is Level.FAULT
    assert "Mine" in mine.found
    assert shipped.level is Level.OK


def test_a_folder_without_strategies_is_a_warning_with_the_command(tmp_path: Path) -> None:
    findings = {finding.subject: finding for finding in examine(tmp_path, [])}
    assert findings["strategies"].level is Level.WARNING
    assert findings["strategies"].remedy == f"run: plimsoll init --userdir {tmp_path}"


# Data


def test_no_data_is_a_warning(userdir: Path) -> None:
    finding = the(found("data", userdir))
    assert finding.level is Level.WARNING
    assert "download-data" in finding.remedy


def test_candles_without_funding_rates_are_a_warning(userdir: Path) -> None:
    store_candles(userdir, funding=False)
    finding = the(found("data", userdir))
    assert finding.level is Level.WARNING
    assert f"{PAIR} 5m: 50 candles, 2024-01-01 to 2024-01-01" in finding.found
    assert "no funding rates" in finding.found


def test_candles_with_funding_rates_are_well(userdir: Path) -> None:
    store_candles(userdir, funding=True)
    assert the(found("data", userdir)).level is Level.OK


def test_a_damaged_candle_file_is_a_fault_and_the_other_checks_go_on(userdir: Path) -> None:
    store_candles(userdir, funding=True)
    file = userdir / "data/binance/futures/BTC_USDT_USDT-5m-futures.feather"
    file.write_bytes(b"no feather")
    findings = {finding.subject: finding for finding in examine(userdir, layers(userdir))}
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


def test_empty_secrets_of_the_shipped_profiles_are_none(userdir: Path) -> None:
    files = [userdir / "config" / name for name in ("venue-binance.json", "telegram.json")]
    assert the(found("secrets", userdir, *files)).level is Level.OK


# Exchange


def test_an_exchange_that_ccxt_does_not_know_is_a_fault(userdir: Path) -> None:
    layer = own_layer(userdir, {"exchange": {"name": "nosuchexchange"}})
    assert the(found("exchange", userdir, layer)).level is Level.FAULT
