"""What a person is told of limits; the other lines are in ``tests/unit/cli/test_control.py``."""

from collections.abc import Sequence
from typing import Any

import pytest

from plimsoll.control.bot import BotView
from plimsoll.control.status_words import limit_lines, span


def view(limits: Sequence[Any] | None) -> BotView:
    meters = {} if limits is None else {"meters": {"limits": limits}}
    return BotView(
        runs=True,
        state=None,
        mode="ACTIVE",
        held=[],
        flag=None,
        status=meters,
        looped_at=None,
        age_seconds=None,
        positions=None,
        locks=None,
        unseen=None,
    )


def test_each_limit_is_named_with_its_share_value_and_limit() -> None:
    rows = [
        {"rule": "daily_loss", "value": 12.5, "limit": 50.0, "used_fraction": 0.25},
        {"rule": "drawdown", "value": 0.12, "limit": 0.12, "used_fraction": 1.0},
    ]
    first, second = limit_lines(view(rows))
    assert first.endswith("25% used: 12.5 of 50")
    assert second.startswith("Drawdown limit")
    assert "100% used" in second


@pytest.mark.parametrize("value", [None, "nan", float("nan")])
def test_what_is_not_known_is_never_nothing_used(value: object) -> None:
    (row,) = limit_lines(
        view([{"rule": "drawdown", "value": value, "limit": 0.12, "used_fraction": None}])
    )
    assert row.endswith("not known (limit 0.12)")


@pytest.mark.parametrize("limits", [None, []])
def test_a_bot_that_never_wrote_them_says_so(limits: Sequence[Any] | None) -> None:
    assert "no guarded bot has written" in limit_lines(view(limits))[0]


def test_a_span_is_in_the_unit_that_suits_it() -> None:
    assert span(30) == "30 s"
