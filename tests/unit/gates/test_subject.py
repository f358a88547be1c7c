"""Two subjects are one if they would trade alike, and what differs is named."""

from dataclasses import replace
from pathlib import Path

import pytest

from plimsoll.gates.subject import (
    changes,
    config_fingerprint,
    files_of_strategy,
    flat_parameters,
    parameter_values,
    parameters_fingerprint,
)
from tests.support.evidence import Evidence

CONFIG = Evidence().config


@pytest.mark.parametrize(
    "changed",
    [
        {"dry_run": False, "bot_name": "live", "initial_state": "paused"},
        {"available_capital": 500, "max_open_trades": 1, "stake_amount": 100},
        {"telegram": {"enabled": True, "token": "t"}, "db_url": "sqlite:///x"},
        {"exchange": {**CONFIG["exchange"], "key": "k", "ccxt_config": {"urls": {}}}},
        {"plimsoll": {**CONFIG["plimsoll"], "risk": {"max_open_positions": 1}, "market": "x"}},
    ],
)
def test_mode_money_and_secrets_do_not_change_what_a_strategy_does(changed: dict) -> None:
    assert config_fingerprint({**CONFIG, **changed}) == config_fingerprint(CONFIG)


@pytest.mark.parametrize(
    "changed",
    [
        {"stoploss": -0.5},
        {"timeframe": "5m"},
        {"fee": 0.0},
        {"pairlists": [{"method": "VolumePairList"}]},
        {"exchange": {"name": "binance", "pair_whitelist": ["ETH/USDT:USDT"]}},
        {"exchange": {"name": "bybit", "pair_whitelist": CONFIG["exchange"]["pair_whitelist"]}},
        {"plimsoll": {"costs": {"fee_bps": 0}}},
        {"order_types": {"entry": "market"}},
    ],
)
def test_what_decides_trades_changes_the_fingerprint(changed: dict) -> None:
    assert config_fingerprint({**CONFIG, **changed}) != config_fingerprint(CONFIG)


def test_the_order_of_pairs_is_nothing() -> None:
    pairs = [["A/USDT:USDT", "B/USDT:USDT"], ["B/USDT:USDT", "A/USDT:USDT"]]
    prints = {config_fingerprint({"exchange": {"pair_whitelist": one}}) for one in pairs}
    assert len(prints) == 1


def test_differences_are_named_and_what_a_record_lacks_is_not_compared() -> None:
    subject = Evidence().subject
    assert changes(subject.as_record(), subject) == []
    assert changes({"strategy": "Mine", "code": None}, subject) == []
    told = changes(subject.as_record(), replace(subject, source="ab" * 32, freqtrade="2026.10"))
    assert told == [
        f"another file of the strategy ({subject.source[:12]}, now {'ab' * 6})",
        "another Freqtrade (2026.9, now 2026.10)",
    ]


def test_parameters_are_those_of_the_file_beside_the_strategy(tmp_path: Path) -> None:
    file = tmp_path / "Mine.py"
    file.write_bytes(b"class Mine: pass")
    assert files_of_strategy(file) == (b"class Mine: pass", None)
    text = b'{"strategy_name": "Mine", "params": {"buy": {"length": 20}, "max_open_trades": 3}}'
    file.with_suffix(".json").write_bytes(text)
    values = parameter_values(files_of_strategy(file)[1])
    assert values == {"buy.length": 20, "max_open_trades": 3}
    assert parameters_fingerprint(values) != parameters_fingerprint({})


def test_parameters_by_space_are_flat() -> None:
    assert flat_parameters({"buy": {"a": 1}, "sell": {}}) == {"buy.a": 1}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"params": 3}'])
def test_what_is_no_parameter_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"parameter file|Expecting"):
        parameter_values(content)
