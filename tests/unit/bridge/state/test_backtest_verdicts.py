"""Verdicts that acted in a backtest, as records in the config that Freqtrade stores."""

from datetime import UTC, datetime
from io import StringIO
from typing import Any

import orjson
from freqtrade.configuration import sanitize_config
from freqtrade.misc import dump_json_to_file

from plimsoll.bridge.state.backtest_verdicts import KEY, BacktestVerdicts, account_halts
from plimsoll.journal.kind import Kind

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)


def stored(config: dict[str, Any]) -> dict[str, Any]:
    """The config as it is in a result's zip."""
    file = StringIO()
    dump_json_to_file(file, sanitize_config(config))
    return orjson.loads(file.getvalue())


def kept(config: dict[str, Any], strategy: str = "Mine") -> BacktestVerdicts:
    verdicts = BacktestVerdicts(config, strategy)
    verdicts.begin()
    return verdicts


def test_a_record_is_stored_as_the_decision_log_would_write_it() -> None:
    config: dict[str, Any] = {"dry_run": True}
    fields = {"scope": "account", "rule": "drawdown", "until": NOON, "value": float("nan")}
    kept(config).add(Kind.HALT, NOON, **fields)
    assert stored(config) == {
        "dry_run": True,
        KEY: {
            "Mine": [
                {
                    "at": "2024-08-05T12:00:00Z",
                    "kind": "halt",
                    "scope": "account",
                    "rule": "drawdown",
                    "until": "2024-08-05T12:00:00Z",
                    "value": "nan",
                }
            ]
        },
    }


def test_only_halts_of_the_whole_account_are_its_halts_in_their_order() -> None:
    config: dict[str, Any] = {}
    verdicts = kept(config)
    for rule, kind, scope in (
        ("stale_data", Kind.HALT, "pair"),
        ("daily_loss", Kind.VERDICT, "account"),
        ("break_even", Kind.HALT, "account"),
        ("drawdown", Kind.HALT, "account"),
    ):
        verdicts.add(kind, NOON, scope=scope, rule=rule)
    assert [one["rule"] for one in account_halts(stored(config), "Mine")] == [
        "break_even",
        "drawdown",
    ]


def test_a_new_run_forgets_its_own_verdicts_and_no_other_strategys() -> None:
    config: dict[str, Any] = {}
    for name in ("Mine", "Other"):
        kept(config, name).add(Kind.HALT, NOON, scope="account", rule=name)
    kept(config)
    assert account_halts(config, "Mine") == []
    assert [one["rule"] for one in account_halts(config, "Other")] == ["Other"]


def test_a_result_without_verdicts_has_no_halts() -> None:
    assert account_halts({}, "Mine") == []
    assert account_halts({KEY: {}}, "Mine") == []
