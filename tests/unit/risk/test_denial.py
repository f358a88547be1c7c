"""How a guard says yes, no, and that it cannot know."""

from datetime import timedelta
from math import inf, nan

import pytest

from plimsoll.core import Mode
from plimsoll.risk.denial import (
    ROUNDING,
    above,
    active,
    implausible_mark,
    known,
    positive,
    recheck_at,
    refuse,
    rests_on_marks,
    unknown,
    unrealised_usd,
)
from tests.unit.risk.accounts import (
    BTC,
    ETH,
    NOON,
    PROFILE,
    account,
    fresh,
    position,
    profile,
    request,
)


@pytest.mark.parametrize(
    ("number", "is_known", "is_positive"),
    [
        (1.0, True, True),
        (0.0, True, False),
        (-1.0, True, False),
        (None, False, False),
        (nan, False, False),
        (inf, False, False),
        (-inf, False, False),
    ],
)
def test_a_number_is_known_when_it_is_there_and_finite(
    number: float | None, is_known: bool, is_positive: bool
) -> None:
    assert (known(number), positive(number)) == (is_known, is_positive)


@pytest.mark.parametrize("limit", [100.0, -100.0])
def test_rounding_alone_is_not_above_a_limit(limit: float) -> None:
    assert not above(limit, limit)
    assert not above(limit + 100 * ROUNDING * 0.9, limit)
    assert above(limit + 100 * ROUNDING * 1.1, limit)


def test_a_yes_names_its_rule_and_pair() -> None:
    assert (active("spread").mode, active("spread").pair) == (Mode.ACTIVE, None)
    assert active("spread", BTC).pair == BTC


def test_a_verdict_without_an_end_is_looked_at_again() -> None:
    assert recheck_at(account(), profile(recheck_seconds=90)) == NOON + timedelta(seconds=90)


def test_what_cannot_be_known_denies_and_says_what_is_missing() -> None:
    verdict = unknown("stale_data", "no candle", account(), PROFILE, pair=BTC, limit=0.5)
    assert (verdict.mode, verdict.pair, verdict.limit) == (Mode.REDUCING, BTC, 0.5)
    assert verdict.reason == "stale data cannot be known: no candle (limit 0.5)"
    assert verdict.until == recheck_at(account(), PROFILE)
    assert not verdict.allows_entries
    assert unknown("spread", "none", account(), PROFILE).reason == "spread cannot be known: none"


def test_a_refusal_is_of_one_pair_with_its_value_and_limit() -> None:
    verdict = refuse("spread", request(), account(), PROFILE, reason="wide", value=2.0, limit=1.0)
    assert (verdict.mode, verdict.pair, verdict.reason) == (Mode.REDUCING, BTC, f"{BTC}: wide")
    assert (verdict.value, verdict.limit, verdict.until) == (
        2.0,
        1.0,
        recheck_at(account(), PROFILE),
    )


def test_the_unrealised_profit_is_known_only_when_that_of_every_position_is() -> None:
    up, down = position(ETH, mark_price=103.0), position(BTC, mark_price=98.0)
    assert unrealised_usd(account(positions=[up, down])) == pytest.approx(1.0)
    assert unrealised_usd(account(positions=[])) == 0
    assert unrealised_usd(account(positions=None)) is None
    assert unrealised_usd(account(positions=[up, position(mark_price=None)])) is None


def test_a_loss_rests_on_marks_when_the_realised_account_is_above_the_level() -> None:
    marked = account(positions=[position(mark_price=50.0)])  # 50 lost, unrealised
    assert rests_on_marks(marked, 950.0, 999.0)
    assert not rests_on_marks(marked, 950.0, 1000.0), "exactly at the level"
    assert not rests_on_marks(account(positions=None), 950.0, 900.0)
    assert not rests_on_marks(account(sees_open_positions=False), 950.0, 900.0)


def test_only_a_held_pair_makes_the_marks_implausible() -> None:
    spike = fresh(ETH, implausible="a spike")
    assert implausible_mark(account(data_health=spike))
    assert not implausible_mark(account(data_health=spike, positions=[position(BTC)]))
    assert not implausible_mark(account(data_health=fresh(ETH)))
    assert not implausible_mark(account(data_health=None))
    assert not implausible_mark(account(data_health=spike, positions=None))
