"""Each contract of a guard catches the defect that it is there for, and passes the shipped ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from plimsoll.checks import GuardCase, Ladder, check_guard
from plimsoll.checks import guards as contracts
from plimsoll.checks.accounts import account, ladders
from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Verdict
from plimsoll.risk import GUARDS, RiskProfile
from plimsoll.risk.denial import known, recheck_at, unknown
from plimsoll.risk.guards import name_of

SHIPPED = (*GUARDS.account, *GUARDS.pair, *GUARDS.entry)
ONE_OF_EACH_KIND = (GUARDS.account[1], GUARDS.pair[0], GUARDS.entry[0])
"""Of the shipped guards; tests/contracts tries them all, each under limits of its own."""
LOWEST = 900.0
STRICTER = (RiskProfile(), RiskProfile(max_daily_loss_usd=10))


def floor_of(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """A clean guard: no new risk below an equity of 900 USD."""
    return low_equity(account, profile)


def low_equity(account: AccountSnapshot, profile: RiskProfile, **changes: Any) -> Verdict:
    now = account.equity_usd
    if not known(now):
        return unknown("floor_of", f"equity {now} USD", account, profile, limit=LOWEST)
    if now >= LOWEST:
        return Verdict(Mode.ACTIVE, "floor_of")
    denial = Verdict(
        Mode.REDUCING,
        "floor_of",
        f"equity {now:.2f} USD is below its limit {LOWEST:.2f} USD",
        recheck_at(account, profile),
        value=now,
        limit=LOWEST,
    )
    return replace(denial, **changes)


def planted(answer: Callable[..., Any]) -> Any:
    """The clean guard with another answer, asked about the account."""

    def floor_of(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
        return answer(account, profile)

    return floor_of


def raising(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    if account.equity_usd is not None and account.equity_usd < 0:
        raise ZeroDivisionError("no equity")
    return low_equity(account, profile)


def go_when_unknown(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    if not known(account.equity_usd):
        return Verdict(Mode.ACTIVE, "floor_of")
    return low_equity(account, profile)


def nan_is_a_small_number(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    if account.equity_usd is not None and not account.equity_usd < LOWEST:
        return Verdict(Mode.ACTIVE, "floor_of")
    return low_equity(account, profile)


def raising_when_unknown(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    assert account.equity_usd is not None
    return low_equity(account, profile)


def looser_at_the_bottom(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    if account.equity_usd is not None and account.equity_usd < 0:
        return Verdict(Mode.ACTIVE, "floor_of")
    return low_equity(account, profile)


def looser_by_the_multiplier(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    verdict = low_equity(account, profile)
    if account.equity_usd == 100.0:
        return replace(verdict, stake_multiplier=0.5)
    return verdict


def looser_when_strict(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    if profile.max_daily_loss_usd is not None:
        return Verdict(Mode.ACTIVE, "floor_of")
    return low_equity(account, profile)


def denying(account: AccountSnapshot, profile: RiskProfile, **changes: Any) -> Verdict:
    verdict = low_equity(account, profile)
    return verdict if verdict.mode is Mode.ACTIVE else replace(verdict, **changes)


def counting(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    ASKED.append(1)
    return denying(account, profile, stake_multiplier=0.5 / len(ASKED))


def writing(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    object.__setattr__(account, "starting_balance_usd", len(ASKED))
    ASKED.append(1)
    return low_equity(account, profile)


ASKED: list[int] = []

DEFECTS: dict[str, tuple[Callable[..., Any], Callable[..., str | None]]] = {
    "it raises": (raising, contracts.it_answers_with_a_verdict_of_its_own_name),
    "no verdict": (
        lambda account, profile: True,
        contracts.it_answers_with_a_verdict_of_its_own_name,
    ),
    "another's name": (
        lambda account, profile: Verdict(Mode.ACTIVE, "drawdown"),
        contracts.it_answers_with_a_verdict_of_its_own_name,
    ),
    "never active": (
        lambda account, profile: low_equity(replace(account, equity_usd=1.0), profile),
        contracts.a_healthy_account_is_active,
    ),
    "always active": (
        lambda account, profile: Verdict(Mode.ACTIVE, "floor_of"),
        contracts.something_is_denied,
    ),
    "active at the bottom": (looser_at_the_bottom, contracts.worse_is_never_looser),
    "a larger stake when worse": (looser_by_the_multiplier, contracts.worse_is_never_looser),
    "active under a stricter profile": (
        looser_when_strict,
        contracts.a_stricter_profile_is_never_looser,
    ),
    "active on None": (go_when_unknown, contracts.what_is_unknown_is_never_active),
    "active on NaN": (nan_is_a_small_number, contracts.what_is_unknown_is_never_active),
    "raises on None": (raising_when_unknown, contracts.what_is_unknown_is_never_active),
    "a reason without its value": (
        lambda account, profile: denying(account, profile, reason="too low"),
        contracts.a_denial_says_why,
    ),
    "a reason of two lines": (
        lambda account, profile: denying(account, profile, reason="a\nb", value=None, limit=None),
        contracts.a_denial_says_why,
    ),
    "a reason to go": (
        lambda account, profile: replace(low_equity(account, profile), reason="all is well"),
        contracts.a_denial_says_why,
    ),
    "no value and no limit": (
        lambda account, profile: denying(account, profile, value=None),
        contracts.a_denial_by_a_number_has_its_value_and_its_limit,
    ),
    "an end that has passed": (
        lambda account, profile: denying(account, profile, until=account.as_of),
        contracts.a_denial_ends_in_the_future_or_only_by_a_person,
    ),
    "no end": (
        lambda account, profile: denying(account, profile, until=None),
        contracts.a_denial_ends_in_the_future_or_only_by_a_person,
    ),
    "an end of what is active": (
        lambda account, profile: replace(
            low_equity(account, profile), until=account.as_of + timedelta(hours=1)
        ),
        contracts.a_denial_ends_in_the_future_or_only_by_a_person,
    ),
    "another answer each time": (
        counting,
        contracts.the_same_question_has_the_same_answer_and_changes_nothing,
    ),
    "it writes to the account": (
        writing,
        contracts.the_same_question_has_the_same_answer_and_changes_nothing,
    ),
}


def test_every_contract_has_a_defect_that_breaks_it() -> None:
    assert {contract for _, contract in DEFECTS.values()} == set(contracts.CONTRACTS)


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_caught(defect: str) -> None:
    answer, contract = DEFECTS[defect]
    text = contract(contracts.GuardTrial(planted(answer), STRICTER, ladders()))
    assert text is not None
    assert "expected " in text
    assert "found " in text


def test_a_clean_guard_keeps_every_contract() -> None:
    assert check_guard(floor_of) == []
    assert check_guard(floor_of, profiles=STRICTER) == []


@pytest.mark.parametrize("guard", ONE_OF_EACH_KIND, ids=name_of)
def test_a_shipped_guard_keeps_every_contract(guard: Callable[..., Verdict]) -> None:
    assert check_guard(guard) == []


def test_what_a_guard_is_asked_about_is_told_by_its_annotations() -> None:
    kinds = {
        "account": GUARDS.account,
        "pair": GUARDS.pair,
        "entry": GUARDS.entry,
    }
    for kind, guards in kinds.items():
        assert {contracts.about_of(guard) for guard in guards} == {kind}

    def of_two(request: EntryRequest, pair: str, account: AccountSnapshot) -> Verdict: ...
    def silent(account, profile): ...  # type: ignore[no-untyped-def]
    def unresolved(account: "Nowhere", profile: RiskProfile) -> Verdict: ...  # type: ignore[name-defined]  # noqa: F821

    assert [contracts.about_of(one) for one in (of_two, silent, unresolved, print)] == [None] * 4


def test_what_is_no_guard_is_refused_with_what_was_expected() -> None:
    def silent(account, profile): ...  # type: ignore[no-untyped-def]

    [finding] = check_guard(silent)
    assert finding.subject == "guard silent"
    assert "(AccountSnapshot, RiskProfile) -> Verdict" in finding.text
    assert finding.text.endswith("found (account, profile)")


def test_a_guard_that_raises_is_asked_no_further() -> None:
    [finding] = check_guard(planted(raising))
    assert finding.text == (
        "with equity_usd -50, expected a Verdict; found ZeroDivisionError: no equity"
    )


def test_a_ladder_of_its_own_is_tried_as_well() -> None:
    balances = (1000.0, 500.0, 1.0)
    own = Ladder(
        "starting balance",
        tuple(
            GuardCase(f"a start of {one:g}", account(starting_balance_usd=one)) for one in balances
        ),
        (GuardCase("no start", account(starting_balance_usd=None)),),
    )

    def floor_of(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
        start = account.starting_balance_usd
        return low_equity(replace(account, equity_usd=1000.0 if start is None else start), profile)

    [finding] = check_guard(floor_of, own=[own])
    assert finding.contract == "what is unknown is never active"
    assert finding.text.startswith("with no start, expected a denial")
    assert [one.contract for one in check_guard(floor_of)] == ["something is denied"]


def test_on_a_ladder_of_its_own_every_denial_has_its_number() -> None:
    own = Ladder(
        "equity", tuple(GuardCase(f"{one:g}", account(equity_usd=one)) for one in (1e3, 899.0, 1.0))
    )

    def floor_of(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
        verdict = low_equity(account, profile)
        return replace(verdict, value=None) if account.equity_usd == 899.0 else verdict

    assert check_guard(floor_of) == []
    [finding] = check_guard(floor_of, own=[own])
    assert finding.contract == "a denial by a number has its value and its limit"


def test_a_denial_of_every_account_needs_no_number_of_a_made_up_ladder() -> None:
    def floor_of(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
        if profile.max_daily_loss_usd is None:
            return Verdict(Mode.ACTIVE, "floor_of")
        return replace(low_equity(replace(account, equity_usd=1.0), profile), value=None)

    assert check_guard(floor_of, profiles=STRICTER) == []


def test_the_ladders_begin_with_an_account_that_is_well() -> None:
    profile = contracts.EVERY_LIMIT_SET
    for ladder in ladders():
        assert len(ladder.cases) >= 2
        assert len({case.label for case in ladder.cases}) == len(ladder.cases)
        well = ladder.cases[0]
        for guard in SHIPPED:
            trial = contracts.GuardTrial(guard, (profile,), ())
            assert trial.ask(well, profile).mode is Mode.ACTIVE, (ladder.what, guard)


def test_every_ladder_of_a_number_is_noticed_by_a_shipped_guard() -> None:
    profile = contracts.EVERY_LIMIT_SET
    trials = [contracts.GuardTrial(guard, (profile,), ()) for guard in SHIPPED]
    for ladder in ladders():
        noticed = [one for one in trials if one.ask(ladder.cases[-1], profile).mode]
        assert noticed, ladder.what
