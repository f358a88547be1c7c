"""The decision log of a process: one a folder, no secrets, and no faith in the disk."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from freqtrade.configuration.config_secrets import _SENSITIVE_KEYS, sanitize_config

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.guarding.supervisor import silent
from plimsoll.bridge.state import recorder
from plimsoll.bridge.state.recorder import Recorder, backtest_recorder, decision_log, secrets_of
from plimsoll.core import PlimsollError
from plimsoll.journal.files import records_backwards
from plimsoll.journal.log import DecisionLog
from tests.unit.bridge.bots import NOON, running_bot

SECRET = "s3cr3t-{}-0123456789"
SECTIONS = {
    "exchange": ("key", "secret", "password", "uid"),
    "telegram": ("token", "chat_id"),
    "api_server": ("password", "jwt_secret_key"),
}


def secretive() -> dict[str, Any]:
    """A config with every secret in it, as written and as Freqtrade keeps it in dry-run."""
    config: dict[str, Any] = {
        section: {"enabled": True, **{key: SECRET.format(f"{section}-{key}") for key in keys}}
        for section, keys in SECTIONS.items()
    }
    config["exchange"]["name"] = "binance"
    return config


def all_text(folder: Path) -> str:
    return "".join(file.read_text(encoding="utf-8") for file in folder.glob("*.jsonl"))


def starts(folder: Path) -> list[dict[str, Any]]:
    newest_first = records_backwards(folder)
    return [one for one in reversed(list(newest_first)) if one["kind"] == "start"]


def record_start(log: DecisionLog, config: dict[str, Any]) -> None:
    Recorder(log).start(NOON, config, settings_from(config))


# One log


def test_there_is_one_log_a_folder_also_after_a_reload(tmp_path: Path) -> None:
    one = decision_log(tmp_path / "one", {})
    assert decision_log(tmp_path / "one", {"strategy": "Other"}) is one
    assert decision_log(tmp_path / "two", {}) is not one


def test_another_writer_is_refused_in_one_line(tmp_path: Path) -> None:
    with DecisionLog(tmp_path), pytest.raises(PlimsollError) as caught:
        decision_log(tmp_path, {})
    assert "\n" not in str(caught.value)
    assert tmp_path not in recorder._open
    assert decision_log(tmp_path, {}), "once the other has gone"


def test_a_reload_goes_on_in_the_same_log(tmp_path: Path) -> None:
    for _ in range(2):
        with running_bot(tmp_path):
            pass
    assert len(starts(tmp_path / "plimsoll/decisions")) == 2


# Faults of the disk


def test_what_cannot_be_written_is_a_fault_until_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = DecisionLog(tmp_path / "log")
    record = Recorder(log)
    record("error", NOON, where="here")
    assert record.fault is None
    log.close()
    with caplog.at_level(logging.ERROR):
        record("error", NOON, where="here")
        record("error", NOON, where="here")
    assert "closed" in str(record.fault)
    assert len(caplog.records) == 1, "said once"
    record._log = DecisionLog(tmp_path / "log")
    record("error", NOON, where="here")
    assert record.fault is None
    record._log.close()


def test_nothing_is_raised_into_a_hook_whatever_the_log_does(tmp_path: Path) -> None:
    class Broken(DecisionLog):
        def append(self, *_: object, **__: object) -> Any:
            raise TypeError("a bug of the log")

    record = Recorder(Broken(tmp_path))
    record("order", NOON)
    assert "a bug of the log" in str(record.fault)


# The start


def test_no_secret_is_written(tmp_path: Path) -> None:
    config = secretive()
    record_start(decision_log(tmp_path, config), config)
    decision_log(tmp_path, config).append(
        "error", NOON, message=f"401 for {SECRET.format('exchange-secret')} at this address"
    )
    text = all_text(tmp_path)
    assert '"exchange.name":"binance"' in text
    assert "s3cr3t" not in text
    assert "401 for" in text


def test_no_secret_is_written_though_freqtrade_blanks_the_keys_of_a_dry_run(
    tmp_path: Path,
) -> None:
    config: dict[str, Any] = {**secretive(), "original_config": secretive()}
    config["exchange"] = {"name": "binance", "key": "", "secret": "", "password": "", "uid": ""}
    record_start(decision_log(tmp_path, config), config)
    assert "s3cr3t" not in all_text(tmp_path)


def test_after_a_reload_the_secrets_of_both_configs_are_hidden(tmp_path: Path) -> None:
    """A token that was changed was written as it was, wherever an error named it."""
    old, new = SECRET.format("old"), SECRET.format("new")
    for secret in (old, new):
        with running_bot(tmp_path, telegram={"token": secret}) as bot:
            record = bot.strategy._session.record
            record("error", NOON, message=f"401 for {secret} at this address", also=secret)
    record("error", NOON, message=f"a late answer to {old}")
    text = all_text(tmp_path / "plimsoll/decisions")
    assert text.count('"also":"***"') == text.count("401 for *** at") == 2
    assert "a late answer to ***" in text
    assert "s3cr3t" not in text


def test_every_key_that_freqtrade_keeps_to_itself_is_a_secret_here(tmp_path: Path) -> None:
    """Also where Freqtrade has blanked it: a dry-run keeps what was written beside it."""
    config: dict[str, Any] = {}
    for name in _SENSITIVE_KEYS:
        section, key = name.split(".")
        config.setdefault(section, {})[key] = SECRET.format(name)
    written = {**config, "api_server": {"ws_token": [SECRET.format("ws-1"), SECRET.format("ws-2")]}}
    with DecisionLog(tmp_path) as log:
        log.hide(secrets_of({"original_config": written, **sanitize_config(config)}))
        log.hide(secrets_of(config))
        log.append("error", NOON, message=repr((config, written)))
    assert "s3cr3t" not in all_text(tmp_path)


def test_a_start_names_what_changed_since_the_one_before(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    first = {"stake_amount": 100, "plimsoll": {"risk": {"max_trades_per_day": 10}}}
    second = {"stake_amount": 100, "plimsoll": {"risk": {"max_trades_per_day": 3}}, "fee": 0.001}
    for config in (first, first, second):
        record_start(log, dict(config))
    found = [one["changed"] for one in starts(tmp_path)]
    assert found == [
        {},
        {},
        {
            "fee": {"after": 0.001},
            "plimsoll.risk.max_trades_per_day": {"before": 10, "after": 3},
        },
    ]
    prints = [one["config_fingerprint"] for one in starts(tmp_path)]
    assert prints[0] == prints[1] != prints[2]
    assert starts(tmp_path)[2]["profile"]["max_trades_per_day"] == 3
    log.close()


def test_a_start_records_what_a_person_wrote(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path)
    record_start(log, {"added_by_freqtrade": 1, "original_config": {"stake_amount": 7}})
    assert starts(tmp_path)[0]["config"] == {"stake_amount": 7}
    log.close()


# Backtests


def test_a_backtest_writes_nothing_unless_it_is_told_to(tmp_path: Path) -> None:
    config: dict[str, Any] = {"user_data_dir": tmp_path}
    assert backtest_recorder(config, settings_from(config)) is silent
    assert list(tmp_path.iterdir()) == []
    config["plimsoll"] = {"log_backtests": True}
    record = backtest_recorder(config, settings_from(config))
    record("halt", NOON + timedelta(days=1), rule="drawdown")
    folder = tmp_path / "plimsoll/backtest-decisions"
    assert [one["kind"] for one in records_backwards(folder)] == ["halt", "start"]
