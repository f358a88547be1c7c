from typing import Any

import pytest

from plimsoll.journal.words import because, is_pair, pairs_of, printable, readable, words

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


@pytest.mark.parametrize("name", ["BTC", "btc/usdt", "BTC/USDT:USDT"])
def test_a_pair_may_be_named_in_three_ways(name: str) -> None:
    assert is_pair(name, BTC)
    assert not is_pair(name, "WBTC/USDT:USDT")


def test_a_record_mentions_its_own_pair_and_those_of_its_candle() -> None:
    assert pairs_of({"pair": ETH}) == [ETH]
    assert pairs_of({"pairs": {BTC: {}, ETH: {}}}) == [BTC, ETH]
    assert pairs_of({"pair": None}) == []


def test_control_characters_are_escaped() -> None:
    assert printable("grün") == "grün"
    assert printable("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"rule": "drawdown", "reason": "too deep"}, "drawdown: too deep"),
        ({"rule": "drawdown", "value": 0.123456789, "limit": 0.12}, "drawdown (value 0.123457"),
        ({"rule": "drawdown", "value": 0.1}, "drawdown"),
        ({"reason": "x"}, "a rule without name: x"),
    ],
)
def test_a_reason_has_value_and_limit_when_both_are_known(
    record: dict[str, Any], text: str
) -> None:
    assert because(record).startswith(text)
    assert ("limit" in because(record)) == ("limit" in record)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        ({"kind": "halt", "rule": "manual_halt", "reason": "by hand"}, "halted by manual_halt"),
        ({"kind": "denial", "side": "long", "rule": "spread"}, "long denied by spread"),
        (
            {"kind": "halt", "rule": "break_even", "reason": "lost", "observed": True},
            "would have halted the account (break_even): lost",
        ),
        (
            {"kind": "denial", "side": "long", "rule": "spread", "observed": True},
            "long would have been denied (spread)",
        ),
        (
            {"kind": "verdict", "mode": "FLATTEN", "rule": "daily_loss", "observed": True},
            "would have gone ? → FLATTEN (daily_loss)",
        ),
        ({"kind": "rearm", "by": "x", "observed": True}, "would have been re-armed by x"),
        ({"kind": "rearm", "by": "plimsoll resume"}, "re-armed by plimsoll resume: no reason"),
        (
            {"kind": "rearm", "by": "x", "reason": "y", "probation_until": "2026-12-04T12:00:00Z"},
            "re-armed by x: y; on probation until 2026-12-04 12:00:00",
        ),
        (
            {"kind": "rearm", "by": "x", "reason": "y", "beyond_terminal": True},
            "re-armed by x: y; beyond the terminal drawdown",
        ),
        ({"kind": "exit", "trade": 3, "profit_fraction": -0.015}, "exit of trade 3 (-1.50%)"),
        ({"kind": "recovery", "files": [{}]}, "continued after a crash; 1 torn lines set aside"),
        ({"kind": "error", "message": "no"}, "?: no"),
        (
            {"kind": "targets", "held_fraction": 0.9, "missing": {"heat": {BTC: 0.03, ETH: 0.02}}},
            "targets held: 90.0%: heat leaves out 5.0% of equity",
        ),
        ({"kind": "targets", "held_fraction": 1.0, "missing": {}}, "targets held: 100.0%"),
        ({"kind": "mine", "at": "x", "a": 1, "b": None}, "a=1, b=None"),
        ({"kind": "candle", "pairs": 3, "pair": BTC}, "pairs=3"),
    ],
)
def test_a_record_is_described(record: dict[str, Any], text: str) -> None:
    assert words(record).startswith(text)


def test_a_candle_sums_up_its_pairs_or_shows_the_one_asked_for() -> None:
    rows = {BTC: {"signal": "long", "locked": "cooldown"}, ETH: {"signal": "none"}}
    record = {"kind": "candle", "at": "2026-11-20T14:05:02Z", "pairs": rows}
    assert readable(record).endswith(f"{BTC} long, locked: cooldown; 1 without signal")
    assert readable(record, only="eth").endswith(f"{ETH:<16}  no signal")
    assert readable(record).startswith("2026-11-20 14:05:02  candle    -")
