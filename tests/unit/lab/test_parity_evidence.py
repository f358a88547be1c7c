"""What stands beside the trades."""

import pytest

from plimsoll.lab.parity_evidence import (
    entry_timeout,
    halted_spans,
    most_trades,
    read_locks,
    read_log,
    rests_entries,
)
from plimsoll.performance.guard_acts import ENDED, HALTED, REARMED, Act
from tests.unit.cli.bots import ACCOUNT, BTC, at, make_database, make_log

OWN = {"entry_pricing": {"price_side": "same"}, "order_types": {"entry": "limit"}}


def test_a_decision_log_says_what_was_denied_and_when_the_account_was_held(tmp_path):
    log = read_log(make_log(tmp_path), ACCOUNT)

    assert [(one.pair, one.at, one.rule) for one in log.denied] == [
        (BTC, at(hours), "correlation") for hours in (14, 15, 26)
    ]
    [held] = log.halted
    assert (held.since, held.until, held.rule) == (at(29), at(33), "drawdown")
    assert log.last_at == at(33)


def test_a_halt_ends_by_its_own_end_or_a_re_arming_and_observing_counts_for_nothing():
    first = Act(at=at(0), event=HALTED, rule="a")
    second = Act(at=at(1), event=HALTED, rule="b", until=at(9))
    seen = Act(at=at(2), event=HALTED, rule="c", observed=True)

    ended = halted_spans([first, Act(at=at(3), event=ENDED, rule="a")])
    rearmed = halted_spans([first, Act(at=at(4), event=REARMED, rule="a")])
    left = halted_spans([second, seen])
    assert [(one.since, one.until) for one in ended] == [(at(0), at(3))]
    assert [(one.since, one.until) for one in rearmed] == [(at(0), at(4))]
    assert [(one.rule, one.until) for one in left] == [("b", at(9))]


@pytest.mark.parametrize(
    ("config", "types", "expected"),
    [
        (OWN, [], True),
        (OWN, ["market"], False),
        ({**OWN, "entry_pricing": {"price_side": "other"}}, [], False),
        ({"entry_pricing": {"price_side": "same"}}, ["limit"], True),
        ({"entry_pricing": {"price_side": "ask"}}, ["limit"], None),
        ({}, ["limit"], None),
        (OWN["entry_pricing"], [], None),
    ],
)
def test_entries_rest_only_where_it_is_known(config, types, expected):
    assert rests_entries(config, types) is expected


def test_a_timeout_has_its_unit():
    assert entry_timeout({"unfilledtimeout": {"entry": 10}}) == 600.0
    assert entry_timeout({"unfilledtimeout": {"entry": 30, "unit": "seconds"}}) == 30.0
    assert entry_timeout({}) is None


@pytest.mark.parametrize(
    ("value", "expected"), [(3, 3), (0, 0), (-1, None), (float("inf"), None), (None, None)]
)
def test_no_limit_of_trades_is_none(value, expected):
    assert most_trades(value) == expected


def test_a_database_without_locks_has_none(tmp_path):
    database = make_database(tmp_path / "bot.sqlite")

    assert read_locks(f"sqlite:///{database}") == ()
