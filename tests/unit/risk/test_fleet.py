"""Several bots as one account: what one does not say is not known of all."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf, nan
from typing import Any

import pytest

from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Position, Side
from plimsoll.risk import RiskProfile
from plimsoll.risk.fleet import (
    BotReport,
    FleetLevels,
    FleetView,
    fleet_entry,
    fleet_evaluation,
    fleet_view,
    followed,
    halt_of,
    joined,
    rebased,
)

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
BTC, ETH, SOL = "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"
NAMES = ("trend", "carry")
LIMITS = RiskProfile(
    max_daily_loss_fraction=0.05, drawdown_reduce_fraction=0.05, drawdown_halt_fraction=0.1
)


def position(pair: str = BTC, amount: float = 10.0, **others: Any) -> Position:
    fields: dict[str, Any] = {
        "pair": pair,
        "side": Side.LONG,
        "entry_price": 100.0,
        "mark_price": 100.0,
        "amount": amount,
        "leverage": 1.0,
        "stop_price": 95.0,
        "liquidation_price": None,
        "margin_usd": 1000.0,
        "opened_at": NOON,
    }
    return Position(**{**fields, **others})


def report(name: str, profit: float = 0.0, **others: Any) -> BotReport:
    fields: dict[str, Any] = {
        "name": name,
        "account": "one",
        "as_of": NOON,
        "capital_usd": 10_000.0,
        "profit_usd": profit,
        "positions": (),
    }
    return BotReport(**{**fields, **others})


def view(*reports: BotReport | str, names: tuple[str, ...] = NAMES) -> FleetView:
    said = dict(zip(names, reports, strict=False))
    return fleet_view(names, said, NOON, max_age_seconds=120)


def test_bots_of_one_account_share_its_capital() -> None:
    seen = view(report("trend", -300.0), report("carry", 100.0))
    assert seen.equity_usd == 9_800.0
    assert seen.faults == ()


def test_bots_of_sub_accounts_have_one_each() -> None:
    seen = view(report("trend", -300.0), report("carry", 100.0, account="two"))
    assert seen.equity_usd == 19_800.0


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("the report of carry cannot be read: ValueError", "cannot be read"),
        (report("carry", nan), "profit of carry is not known"),
        (report("carry", inf), "profit of carry is not known"),
        (report("carry", capital_usd=None), "capital of carry is not known"),
        (report("carry", positions=None), "positions of carry"),
        (report("carry", positions=(position(mark_price=nan),)), "has no size"),
        (report("carry", as_of=NOON - timedelta(seconds=121)), "has not reported for 121 s"),
        (report("carry", as_of=NOON + timedelta(seconds=6)), "clock of carry is 6 s ahead"),
        (report("carry", capital_usd=10_200.0), "see a capital of"),
        (report("carry", account="paper of carry"), "carry trades on paper beside"),
    ],
    ids=lambda value: None if isinstance(value, str) else "report",
)
def test_what_one_bot_does_not_say_is_not_known_and_denies(
    other: BotReport | str, said: str
) -> None:
    seen = view(report("trend"), other)
    assert seen.equity_usd is None
    assert said in seen.faults[0]
    evaluation = fleet_evaluation(seen, FleetLevels(high_usd=1.0, day_usd=1.0), LIMITS)
    assert evaluation.mode is Mode.REDUCING
    assert not evaluation.account.allows_entries
    assert halt_of(evaluation) is None


def test_a_bot_that_never_reported_denies() -> None:
    assert view(report("trend")).faults == ("carry has never reported",)


@pytest.mark.parametrize(("age", "known"), [(120, True), (121, False)])
def test_a_report_is_known_up_to_its_age(age: int, known: bool) -> None:
    old = report("carry", as_of=NOON - timedelta(seconds=age))
    assert (view(report("trend"), old).equity_usd is not None) is known


def test_losses_that_no_bot_alone_would_halt_for_halt_all() -> None:
    levels = FleetLevels(day_usd=10_000.0, high_usd=10_000.0)
    seen = view(report("trend", -490.0), report("carry", -520.0))
    halt = halt_of(fleet_evaluation(seen, levels, LIMITS))
    assert halt is not None
    assert (halt.rule, halt.mode, halt.value) == ("drawdown", Mode.HALTED, pytest.approx(0.101))


def test_a_days_loss_of_all_halts_them_too() -> None:
    levels = FleetLevels(day_usd=10_000.0, high_usd=10_000.0)
    seen = view(report("trend", -250.0), report("carry", -250.0))
    halt = halt_of(fleet_evaluation(seen, levels, LIMITS))
    assert halt is not None
    assert halt.rule == "daily_loss"


def test_a_first_limit_shrinks_and_halts_nobody() -> None:
    levels = FleetLevels(day_usd=9_600.0, high_usd=10_200.0)
    evaluation = fleet_evaluation(view(report("trend", -400.0), report("carry")), levels, LIMITS)
    assert evaluation.mode is Mode.REDUCING
    assert halt_of(evaluation) is None


def test_a_high_needs_two_marks_and_a_day_starts_at_the_higher_one() -> None:
    up, down = view(report("trend", 500.0), report("carry")), view(report("trend"), report("carry"))
    levels = followed(FleetLevels(), down, starts_at_hour_utc=0)
    assert (levels.high_usd, levels.day_usd) == (10_000.0, 10_000.0)
    levels = followed(levels, up, starts_at_hour_utc=0)
    assert levels.high_usd == 10_000.0
    levels = followed(levels, up, starts_at_hour_utc=0)
    assert levels.high_usd == 10_500.0
    tomorrow = replace(down, as_of=NOON + timedelta(days=1))
    levels = followed(levels, tomorrow, starts_at_hour_utc=0)
    assert (levels.day_usd, levels.high_usd) == (10_500.0, 10_500.0)


def test_what_is_not_known_moves_no_level() -> None:
    levels = FleetLevels(day_usd=1.0, high_usd=2.0, last_usd=3.0)
    assert followed(levels, view(report("trend")), starts_at_hour_utc=0) is levels


def test_of_several_bots_levels_the_strictest_of_one_epoch_counts() -> None:
    day = NOON.replace(hour=0)
    one = FleetLevels(epoch="b", day_at=day, day_usd=100.0, high_usd=120.0)
    other = FleetLevels(epoch="b", day_at=day, day_usd=110.0, high_usd=115.0)
    old = FleetLevels(epoch="b", day_at=day - timedelta(days=1), day_usd=900.0, high_usd=116.0)
    before = FleetLevels(epoch="a", day_at=day, day_usd=500.0, high_usd=500.0)
    assert joined([one, other, old, before], "b") == FleetLevels(
        epoch="b", day_at=day, day_usd=110.0, high_usd=120.0
    )
    assert joined([before], "b") == FleetLevels(epoch="b")


def wanted(**others: Any) -> EntryRequest:
    fields: dict[str, Any] = {
        "pair": ETH,
        "side": Side.LONG,
        "stake_usd": 1000.0,
        "price": 100.0,
        "stop_price": 95.0,
        "target_price": None,
        "leverage": 1.0,
        "fill_cost_fraction": 0.0,
    }
    return EntryRequest(**{**fields, **others})


def judged(
    others: tuple[Position, ...], correlation: float | None = 0.1, **limits: Any
) -> tuple[Mode, str]:
    seen = view(report("trend"), report("carry"))
    levels = FleetLevels(day_usd=10_000.0, high_usd=10_000.0)
    profile = RiskProfile(**{"max_open_positions": 4, "max_exposure_fraction": 1.0, **limits})
    own = AccountSnapshot(as_of=NOON, equity_usd=10_000.0, positions=[])
    verdict = fleet_entry(
        wanted(),
        own,
        others,
        fleet_evaluation(seen, levels, profile),
        levels,
        seen.equity_usd,
        profile,
        correlation_with=lambda _: correlation,
    )
    assert verdict.rule in ("fleet", "all_guards")
    return verdict.mode, verdict.reason


def test_an_entry_beside_a_calm_fleet_is_allowed() -> None:
    assert judged((position(),)) == (Mode.ACTIVE, "")


@pytest.mark.parametrize(
    ("others", "options", "said"),
    [
        ((position(amount=95.0),), {}, "total exposure of 10500.00 USD"),
        ((position(),), {"max_open_positions": 1}, "1 open positions reached"),
        ((position(),), {"correlation": 0.9}, "correlation 0.900 with open BTC"),
        ((position(),), {"correlation": None}, "None between"),
        ((position(),), {"correlation": nan}, "nan between"),
    ],
)
def test_an_entry_is_refused_for_what_another_bot_holds(
    others: tuple[Position, ...], options: dict[str, Any], said: str
) -> None:
    mode, reason = judged(others, **options)
    assert mode is Mode.REDUCING
    assert said in reason
    assert reason.startswith("all bots together: ")


def test_a_correlation_that_nobody_can_know_is_not_asked_for_where_there_is_no_limit() -> None:
    assert judged((position(),), None, max_correlation=1.0)[0] is Mode.ACTIVE


MARKED = FleetLevels(
    day_at=NOON.replace(hour=0),
    day_usd=10_000.0,
    high_usd=10_500.0,
    last_usd=9_800.0,
    capital_usd=10_000.0,
    bots=("carry", "trend"),
)


def paid_in(usd: float, account: str = "one") -> FleetView:
    return view(
        report("trend", -200.0, capital_usd=10_000.0 + usd, account=account),
        report("carry", capital_usd=10_000.0 + usd, account=account),
    )


@pytest.mark.parametrize("usd", [50.0, 5_000.0, -50.0, -5_000.0])
def test_money_that_comes_or_goes_is_neither_earned_nor_lost(usd: float) -> None:
    seen = paid_in(usd)
    levels = followed(rebased(MARKED, seen), seen, starts_at_hour_utc=0)
    assert (levels.high_usd, levels.day_usd) == (10_500.0 + usd, 10_000.0 + usd)
    assert levels.capital_usd == 10_000.0 + usd


def test_what_a_wallet_without_books_loses_bit_by_bit_is_lost() -> None:
    seen = paid_in(-50.0, account="share of both")
    assert rebased(MARKED, seen).high_usd == 10_500.0
    assert rebased(MARKED, paid_in(-150.0, account="share of both")).high_usd == 10_350.0


def test_a_bot_that_joins_or_leaves_brings_no_gain_and_takes_no_loss() -> None:
    lone = view(report("trend", 400.0), names=("trend",))
    levels = rebased(MARKED, lone)
    assert levels.high_usd is not None
    assert levels.high_usd - 10_400.0 == pytest.approx(700.0), "as before: 10 500 against 9 800"
    assert levels.bots == ("trend",)


def test_what_is_not_known_on_one_side_moves_nothing() -> None:
    unknown = view(report("trend"))
    assert rebased(MARKED, unknown) is MARKED
    before = FleetLevels(high_usd=1.0)
    assert rebased(before, paid_in(5.0)) is before


def test_a_day_of_a_clock_that_was_ahead_begins_no_day_and_lowers_none() -> None:
    today = NOON.replace(hour=0)
    ahead = replace(MARKED, day_at=today + timedelta(days=300), day_usd=10_300.0)
    both = joined([ahead, MARKED], "", today=today)
    assert (both.day_at, both.day_usd) == (today, 10_300.0)
    alone = joined([ahead], "", today=today)
    seen = view(report("trend"), report("carry"))
    levels = followed(alone, seen, starts_at_hour_utc=0)
    assert (levels.day_at, levels.day_usd) == (today, 10_300.0)
    tomorrow = replace(seen, as_of=NOON + timedelta(days=1))
    assert followed(levels, tomorrow, starts_at_hour_utc=0).day_usd == 10_000.0
