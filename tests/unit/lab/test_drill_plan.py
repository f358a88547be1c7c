"""What a drill puts over the user's config, and the record of what it saw."""

from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from plimsoll.bridge.config.settings import settings_from
from plimsoll.core import UsageError
from plimsoll.lab.drill_bot import Sample
from plimsoll.lab.drill_plan import (
    BARE,
    GUARDED,
    LIMIT_OF,
    LIMITS,
    DrillAccount,
    DrillPlan,
    pairs_of,
    write_record,
)
from plimsoll.risk import GUARDS, RiskProfile

AT = datetime(2025, 5, 29, 14, tzinfo=UTC)


def plan(folder: Path, **changes: object) -> DrillPlan:
    return DrillPlan(strategy="Mine", strategy_path=folder, **changes)  # type: ignore[arg-type]


def account(folder: Path) -> DrillAccount:
    return DrillAccount(plan(folder), folder, lambda _: None)


@pytest.mark.parametrize("own_limits", [False, True])
@pytest.mark.parametrize("guards", [GUARDED, BARE])
def test_the_last_layer_is_a_sound_config_and_never_trades_or_tells_outside(
    tmp_path: Path, guards: str, own_limits: bool
) -> None:
    layer = plan(tmp_path, own_limits=own_limits).overlay(guards)
    settings_from(layer)
    assert layer["dry_run"] is True
    assert layer["telegram"]["enabled"] is False
    assert layer["discord"]["enabled"] is False


def test_own_limits_are_left_alone(tmp_path: Path) -> None:
    assert not LIMITS.keys() & plan(tmp_path, own_limits=True).overlay(GUARDED)["plimsoll"]["risk"]


def test_the_bot_beside_it_has_the_same_limits_and_only_observes(tmp_path: Path) -> None:
    guarded, bare = (plan(tmp_path).overlay(mode)["plimsoll"] for mode in (GUARDED, BARE))
    assert bare == {**guarded, "guards": "observe"}


def test_pairs_may_be_named_short() -> None:
    assert pairs_of("btc, ETH/USDT:USDT") == ("BTC/USDT:USDT", "ETH/USDT:USDT")
    assert pairs_of("btc, ETH/USDT", "binance-spot") == ("BTC/USDT", "ETH/USDT")
    with pytest.raises(UsageError, match="--pairs"):
        pairs_of(" , ")


@pytest.mark.parametrize(
    ("pair", "exchange", "expected"),
    [("BTC/USDT:USDT", "binance-spot", "such as BTC/USDT,"), ("BTC/USDT", "bybit", ":USDT,")],
)
def test_a_pair_of_the_other_mode_is_refused(pair: str, exchange: str, expected: str) -> None:
    with pytest.raises(UsageError, match=f"{expected} found {pair}"):
        pairs_of(pair, exchange)


def test_an_account_is_ok_when_every_step_was(tmp_path: Path) -> None:
    drilled = account(tmp_path)
    assert not drilled.ok, "nothing was done"
    drilled.say("held", "HALTED")
    assert drilled.ok
    drilled.say("told", "nobody was told", ok=False)
    assert not drilled.ok


def test_the_record_holds_what_was_seen(tmp_path: Path) -> None:
    drilled = account(tmp_path)
    drilled.say("held", "HALTED")
    drilled.held_at, drilled.held_by = AT, "drawdown"
    drilled.equity = {GUARDED: [Sample(AT, 9500.0, "HALTED")]}
    drilled.market = [(AT, 0.9)]
    record = orjson.loads(write_record(drilled).read_bytes())
    assert record["held_by"] == "drawdown"
    assert record["equity"][GUARDED] == [[str(AT), 9500.0, "HALTED"]]
    assert record["market"] == [[str(AT), 0.9]]


def test_the_rule_that_acted_is_told_with_its_limit(tmp_path: Path) -> None:
    drilled = account(tmp_path)
    drilled.held_by = "daily_loss: daily loss 300.00 USD reached its limit"
    assert drilled.rule == "daily loss"
    drilled.limit_fraction = 0.03
    assert drilled.rule == "daily loss 3 %"


def test_every_limit_that_is_told_is_a_field_of_the_profile() -> None:
    assert set(LIMIT_OF) <= set(GUARDS.names())
    assert set(LIMIT_OF.values()) <= set(RiskProfile.model_fields)
