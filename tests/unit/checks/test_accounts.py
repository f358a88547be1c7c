"""The made-up accounts: well unless told otherwise, and each ladder grows worse in one thing."""

from dataclasses import fields
from datetime import UTC, timedelta

from plimsoll.checks.accounts import (
    ASKED,
    HELD,
    NOON,
    TRADES,
    GuardCase,
    account,
    before,
    closed,
    entry,
    hours_of_a_week,
    ladders,
    position,
)
from plimsoll.core import Side


def test_everything_of_a_healthy_account_is_known() -> None:
    well = account()
    left_out = {one.name for one in fields(well) if getattr(well, one.name) is None}
    assert left_out <= {"manual_halt_reason", "rearmed_at", "beyond_terminal_at"}
    assert well.equity_usd == well.day_start_equity_usd == well.high_water_equity_usd == 1000.0
    assert len(well.closed_trades or ()) == TRADES
    assert {HELD, ASKED} <= set(well.data_health.pairs if well.data_health else ())


def test_a_change_of_one_account_is_not_seen_in_the_next() -> None:
    assert account(equity_usd=1.0).equity_usd == 1.0
    assert account().equity_usd == 1000.0
    assert account() is not account()


def test_the_position_is_one_percent_from_its_stop_and_thirty_from_its_liquidation() -> None:
    held = position()
    assert (held.pair, held.side, held.opened_at) == (HELD, Side.LONG, before(hours=1))
    assert (held.stop_price, held.liquidation_price, held.mark_price) == (99.0, 70.0, 100.0)
    assert position(amount=7.0).amount == 7.0


def test_a_closed_trade_is_of_100_usd() -> None:
    lost = closed(-5.0)
    assert (lost.profit_usd, lost.profit_fraction, lost.stake_usd) == (-5.0, -0.05, 100.0)
    assert lost.opened_at < lost.closed_at == before(hours=1)


def test_an_entry_asks_for_another_pair_than_the_one_held() -> None:
    assert (entry().pair, entry(leverage=9.0).leverage) == (ASKED, 9.0)
    assert HELD in (entry().correlations or {})


def test_noon_is_on_a_monday_and_a_week_has_every_hour_of_it() -> None:
    assert NOON.tzinfo is UTC
    assert f"{NOON:%A %H:%M}" == "Monday 12:00"
    moments = [case.account.as_of for case in hours_of_a_week()]
    assert moments == [NOON + timedelta(hours=hour) for hour in range(168)]


def test_the_cases_of_a_ladder_differ_in_one_thing() -> None:
    for ladder in ladders():
        first, *others = (*ladder.cases, *ladder.unknown)
        changed = [differing(first, other) for other in others]
        assert len(set.union(*changed)) == 1, (ladder.what, changed)


def differing(one: GuardCase, other: GuardCase) -> set[str]:
    """The fields of account and entry in which two cases differ."""
    pairs = ((one.account, other.account), (one.request, other.request))
    return {
        field.name
        for ours, theirs in pairs
        for field in fields(ours)
        if getattr(ours, field.name) != getattr(theirs, field.name)
    }


def test_every_case_of_a_number_has_its_unknowns() -> None:
    without = {ladder.what for ladder in ladders() if ladder.is_number and not ladder.unknown}
    assert without == set()
    assert {one.what for one in ladders() if not one.is_number} == {
        "a price that cannot be",
        "a person's halt",
    }
