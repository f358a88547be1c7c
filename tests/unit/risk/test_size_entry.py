"""The stake that may be ordered, or the verdict that says why there is none."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Verdict
from plimsoll.risk import EntrySize, Evaluation, RiskProfile, size_entry
from plimsoll.risk.sizing import largest_stake_usd, planned_stake_usd
from tests.unit.risk.accounts import BTC, ETH, NOON, PROFILE, account, position, profile, request

NAN = float("nan")


def reference(
    wanted: EntryRequest,
    found: AccountSnapshot,
    limits: RiskProfile,
    evaluation: Evaluation,
    *,
    volatility: float | None,
    planned: bool,
) -> float:
    """The stake as the callbacks of a strategy once put it together, step by step."""
    stake = wanted.stake_usd
    if planned and (wanted.stop_price is not None or limits.sizing == "volatility_target"):
        plan = planned_stake_usd(wanted, found, limits, yearly_volatility_fraction=volatility)
        stake = min(stake, plan)
    stake *= evaluation.of_pair(wanted.pair).multiplier
    return max(0.0, min(stake, largest_stake_usd(wanted, found, limits)))


NUMBERS = st.one_of(st.floats(0, 1e5), st.sampled_from([NAN, -5.0, 0.0]))


@settings(deadline=None)
@given(
    stake=NUMBERS,
    stop=st.sampled_from([None, 99.0, 95.0, 101.0]),
    equity=st.one_of(st.none(), NUMBERS),
    sizing=st.sampled_from(["fixed_fraction", "half_kelly", "volatility_target"]),
    volatility=st.one_of(st.none(), st.floats(0, 3)),
    share=st.sampled_from([0.0, 0.25, 1.0]),
    planned=st.booleans(),
    least=st.sampled_from([0.0, 5.0, 100.0]),
    raised_from=st.sampled_from([0.7, 1.0]),
)
def test_the_stake_is_the_wanted_one_cut_step_by_step_bit_for_bit(
    stake: float,
    stop: float | None,
    equity: float | None,
    sizing: str,
    volatility: float | None,
    share: float,
    planned: bool,
    least: float,
    raised_from: float,
) -> None:
    wanted, limits = request(stake_usd=stake, stop_price=stop), profile(sizing=sizing)
    found = account(equity_usd=equity)
    shares = [share] if share < 1 else []
    cuts = [Verdict(Mode.REDUCING, "drawdown", "9 %", stake_multiplier=one) for one in shares]
    evaluation = Evaluation(NOON, tuple(cuts))
    size = size_entry(
        wanted,
        found,
        limits,
        evaluation,
        yearly_volatility_fraction=volatility,
        planned=planned,
        least_usd=least,
        raised_from_fraction=raised_from,
    )
    expected = reference(wanted, found, limits, evaluation, volatility=volatility, planned=planned)
    denied = expected <= 0 or expected < least * raised_from
    assert size.stake_usd == (0.0 if denied else expected)
    assert (size.denial is not None) is denied
    assert size.denial is None or not size.denial.allows_entries


def sized(stake: float, *denials: Verdict, of: EntryRequest | None = None, **others: Any):
    wanted = replace(of or request(), stake_usd=stake)
    return size_entry(wanted, account(), PROFILE, Evaluation(NOON, denials), **others)


def test_a_drawdown_takes_its_share_of_what_is_planned_and_not_only_of_what_is_wanted() -> None:
    half = Verdict(Mode.REDUCING, "drawdown", "9 %", stake_multiplier=0.5)
    plan = planned_stake_usd(request(), account(), PROFILE)
    assert sized(1e6).stake_usd == min(plan, largest_stake_usd(request(), account(), PROFILE))
    assert sized(1e6, half).stake_usd == plan * 0.5


def test_an_addition_is_held_to_the_limits_only() -> None:
    limits = profile(fixed_risk_fraction=0.001)
    evaluation = Evaluation(NOON)
    asked = request(stake_usd=50.0)
    assert size_entry(asked, account(), limits, evaluation).stake_usd < 50.0
    assert size_entry(asked, account(), limits, evaluation, planned=False).stake_usd == 50.0


def test_a_stake_exactly_at_the_exchanges_minimum_is_ordered() -> None:
    assert sized(5.0, least_usd=5.0) == EntrySize(5.0)
    assert sized(4.999, least_usd=5.0).stake_usd == 0.0


def test_from_its_share_of_the_minimum_on_a_stake_is_ordered_to_be_raised() -> None:
    assert sized(3.5, least_usd=5.0, raised_from_fraction=0.7) == EntrySize(3.5)
    assert sized(3.499, least_usd=5.0, raised_from_fraction=0.7).stake_usd == 0.0


def test_what_is_too_small_for_the_exchange_is_said_with_both_numbers() -> None:
    denial = sized(3.0, least_usd=5.0).denial
    assert denial is not None
    assert (denial.mode, denial.rule, denial.pair) == (Mode.REDUCING, "position_size", BTC)
    assert (denial.value, denial.limit, denial.until) == (3.0, 5.0, None)
    assert denial.reason == (
        "3.00 USD is what the limits leave, below the 5.00 USD that the exchange takes"
    )


def test_the_guard_that_denies_even_the_minimum_is_the_reason() -> None:
    denial = sized(3.0, of=request(spread_fraction=0.5), least_usd=5.0).denial
    assert denial is not None
    assert denial.rule == "spread"


def test_the_wanted_stake_is_not_the_reason_where_the_minimum_would_pass() -> None:
    """What is wanted breaks every size limit; it is the account that allows nothing."""
    flat = Verdict(Mode.FLATTEN, "daily_loss", "3 %", NOON + timedelta(hours=1))
    denial = sized(1e6, flat, least_usd=5.0).denial
    assert denial is not None
    assert denial.rule == "daily_loss"
    full = account(positions=[position(ETH, amount=40.0)])
    denial = size_entry(
        request(stake_usd=1e6), full, PROFILE, Evaluation(NOON), least_usd=5.0
    ).denial
    assert denial is not None
    assert denial.rule != "position_size"


def test_without_a_minimum_the_guards_are_asked_about_what_was_wanted() -> None:
    denial = sized(-5.0).denial
    assert denial is not None
    assert not denial.allows_entries
