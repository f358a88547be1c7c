"""What the guards did, to the exported result and back."""

import json
from datetime import UTC, date, datetime

import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.guard_acts import (
    Act,
    ClosedPosition,
    Denials,
    GuardActs,
    Totals,
)

NOON = datetime(2025, 1, 3, 12, tzinfo=UTC)
OPENED = datetime(2025, 1, 1, tzinfo=UTC)

HALT = Act(
    at=NOON,
    event="halted",
    rule="drawdown",
    value=0.131,
    limit=0.12,
    reason="drawdown 13.10 % over 12.00 %",
)
CLOSED = Act(
    at=NOON,
    event="closed",
    rule="drawdown",
    pair="BTC/USDT:USDT",
    trade=ClosedPosition(open_time=OPENED, stake_usd=100.0, profit_usd=-31.5),
)
DENIED = Denials(
    rule="max_positions",
    kind="entry",
    count=3,
    first=OPENED,
    last=NOON,
    stake_usd=300.0,
    by_day={date(2025, 1, 1): 2, date(2025, 1, 3): 1},
)
ACTS = GuardActs(
    guards="observe",
    profile={"max_drawdown_fraction": 0.12},
    rearm={"after_days": None},
    acts=(
        HALT,
        CLOSED,
        Act(at=NOON, event="flatten", rule="daily_loss", until=datetime(2025, 1, 4, tzinfo=UTC)),
        Act(at=NOON, event="halted", rule="liquidation", pair="ETH/USDT:USDT", observed=True),
    ),
    denials=(DENIED,),
    totals=Totals(
        days_halted=39.5,
        days_of_run=59.0,
        rearmed=1,
        entries_asked=20,
        entries_denied=3,
        stakes_cut=2,
        positions_closed=1,
    ),
)


def test_a_result_gives_back_through_json_what_was_written() -> None:
    stored = json.loads(json.dumps({"plimsoll": ACTS.to_dict()}))
    assert GuardActs.from_result(stored) == ACTS


def test_the_section_has_the_published_shape() -> None:
    section = ACTS.to_dict()
    assert list(section) == ["guards", "profile", "rearm", "acts", "denials", "totals"]
    assert section["acts"][1] == {
        "at": "2025-01-03T12:00:00Z",
        "event": "closed",
        "rule": "drawdown",
        "pair": "BTC/USDT:USDT",
        "until": None,
        "value": None,
        "limit": None,
        "reason": "",
        "observed": False,
        "trade": {"open_time": "2025-01-01T00:00:00Z", "stake_usd": 100.0, "profit_usd": -31.5},
    }
    assert section["denials"][0]["by_day"] == {"2025-01-01": 2, "2025-01-03": 1}
    assert section["acts"][2]["until"] == "2025-01-04T00:00:00Z"


def test_a_result_of_plain_freqtrade_has_none() -> None:
    assert GuardActs.from_result({"trades": []}) is None
    assert GuardActs.from_result({"plimsoll": {"made_with": {"plimsoll": "0.3.0"}}}) is None


def test_a_field_of_a_later_version_is_passed_over() -> None:
    section = ACTS.to_dict()
    section["acts"][0]["mood"] = "grim"
    section["totals"]["naps"] = 2
    assert GuardActs.from_result({"plimsoll": section}) == ACTS


@pytest.mark.parametrize(
    "section",
    [
        [],
        {},
        {**ACTS.to_dict(), "acts": [{"event": "halted"}]},
        {**ACTS.to_dict(), "totals": 3},
        {**ACTS.to_dict(), "totals": {"days_halted": "many"}},
    ],
    ids=[
        "a list",
        "nothing in it",
        "an act without a time",
        "totals that are a number",
        "a total that is a word",
    ],
)
def test_a_damaged_section_is_an_error_that_says_what_to_do(section: object) -> None:
    with pytest.raises(MeasureError, match="run the backtest again"):
        GuardActs.from_result({"plimsoll": section})


def test_halts_are_those_of_the_account_and_closed_positions_have_their_trade() -> None:
    assert ACTS.halts == (HALT,)
    assert ACTS.closed == (CLOSED,)
    assert ACTS.observed
    assert not GuardActs().observed
