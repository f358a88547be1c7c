"""The contracts of every guard: it fails closed, and worse is never looser.

A guard is a function ``(AccountSnapshot, RiskProfile) -> Verdict``, or one that takes a pair or
an `EntryRequest` before these two. `check_guard` tries it on made-up accounts against all
`CONTRACTS`; it asks the function itself, which need not be among the guards that a bot asks.
"""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from inspect import signature
from itertools import pairwise
from typing import get_type_hints

from plimsoll.checks.accounts import GuardCase, Ladder, hours_of_a_week, ladders
from plimsoll.checks.finding import Contract, Finding, broken, described
from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Verdict
from plimsoll.risk import RiskProfile
from plimsoll.risk.guards import name_of

Guard = Callable[..., Verdict]
FORMS = (".0f", ".1f", ".2f", ".3f", "g", ".1%", ".2%", ".3%", ".4%")
EVERY_LIMIT_SET = RiskProfile(
    max_liquidity_share_fraction=0.01,
    trading_hours_utc={"monday": ["10:00-14:00"]},
    divergence_z=0.5,
)
"""The risk profile's defaults, with a limit for what has none by default."""

ABOUT: dict[object, str] = {AccountSnapshot: "account", str: "pair", EntryRequest: "entry"}


@dataclass(frozen=True)
class GuardTrial:
    """A guard, the profiles it is asked under and the ladders of accounts it is asked about.

    ``profiles`` go from loose to strict. ``own`` are those of the ladders that were made for this
    guard.
    """

    guard: Guard
    profiles: tuple[RiskProfile, ...]
    ladders: tuple[Ladder, ...]
    own: tuple[Ladder, ...] = ()

    @property
    def name(self) -> str:
        """The guard's rule name."""
        return name_of(self.guard)

    @cached_property
    def about(self) -> str:
        """What it is asked about: ``account``, ``pair`` or ``entry``; empty if it is no guard."""
        return about_of(self.guard) or ""

    def ask(self, case: GuardCase, profile: RiskProfile) -> Verdict:
        """Ask the guard itself; whatever it raises passes."""
        first = {"account": (), "pair": (case.pair,), "entry": (case.request,)}[self.about]
        return self.guard(*first, case.account, profile)

    @cached_property
    def known(self) -> list[GuardCase]:
        """Every case in which all numbers are known."""
        return [*(case for ladder in self.ladders for case in ladder.cases), *hours_of_a_week()]

    @cached_property
    def verdicts(self) -> list[tuple[GuardCase, RiskProfile, Verdict]]:
        """The answers to every known case under every profile."""
        return [
            (case, profile, self.ask(case, profile))
            for profile in self.profiles
            for case in self.known
        ]


GuardContract = Contract[GuardTrial]


def about_of(guard: Callable[..., object]) -> str | None:
    """Return what a guard's first parameter is, by its annotations; ``None`` if it is no guard."""
    try:
        hints = get_type_hints(guard)
    except (NameError, TypeError, AttributeError):
        return None
    returns = hints.pop("return", None)
    kinds = list(hints.values())
    if returns is not Verdict or kinds[-2:] != [AccountSnapshot, RiskProfile]:
        return None
    return ABOUT.get(kinds[0]) if len(kinds) <= 3 else None


def check_guard(
    guard: Guard,
    *,
    profiles: Sequence[RiskProfile] = (EVERY_LIMIT_SET,),
    own: Sequence[Ladder] = (),
) -> list[Finding]:
    """Hold a guard to every contract; return what fell short, nothing when all are kept.

    The function is asked directly. A bot asks the guards of `plimsoll.risk.GUARDS` alone: one of
    your own is asked by it once it stands there, which takes a change of the package.

    Parameters
    ----------
    guard
        Annotated with what it takes and returns.
    profiles
        From loose to strict: under a later one no answer is looser. What they leave off is not
        tried; by default it is `EVERY_LIMIT_SET`.
    own
        Ladders of your own beside the made-up ones, each from well to worse. In one of a number,
        every denial has its value and its limit.
    """
    trial = GuardTrial(guard, tuple(profiles), (*ladders(), *own), tuple(own))
    subject = f"guard {trial.name}"
    if about_of(guard) is None:
        expected = "(AccountSnapshot, RiskProfile) -> Verdict, a str or EntryRequest before them"
        text = f"expected the annotations {expected} or not; found {signature(guard)}"
        return [Finding(subject, "it is annotated as a guard", text)]
    first = broken(subject, CONTRACTS[:1], trial)
    return first or broken(subject, CONTRACTS[1:], trial)


def it_answers_with_a_verdict_of_its_own_name(trial: GuardTrial) -> str | None:
    """No exception while every number is known, and a `Verdict` whose rule is its name."""
    for profile in trial.profiles:
        for case in trial.known:
            try:
                verdict: object = trial.ask(case, profile)
            except Exception as error:  # noqa: BLE001 - a guard of a user's own may raise anything
                return f"with {case.label}, expected a Verdict; found {described(error)}"
            if not isinstance(verdict, Verdict):
                return f"with {case.label}, expected a Verdict; found {verdict!r}"
            if verdict.rule != trial.name:
                return (
                    f"with {case.label}, expected its verdict to name the rule {trial.name}; "
                    f"found {verdict.rule}"
                )
    return None


def a_healthy_account_is_active(trial: GuardTrial) -> str | None:
    """With everything known and well it lets the account trade."""
    verdict = trial.ask(GuardCase("everything well"), trial.profiles[0])
    if verdict.mode is Mode.ACTIVE:
        return None
    return f"with everything well, expected ACTIVE; found {_said(verdict)}"


def something_is_denied(trial: GuardTrial) -> str | None:
    """In at least one of the accounts that go from well to worse it is not ACTIVE."""
    if any(verdict.mode is not Mode.ACTIVE for _, _, verdict in trial.verdicts):
        return None
    return (
        "expected a denial somewhere from well to worse; found ACTIVE in every account; "
        "is its limit set in EVERY_LIMIT_SET, or in the profiles that you pass, "
        "and do the accounts vary what it looks at?"
    )


def worse_is_never_looser(trial: GuardTrial) -> str | None:
    """Along each ladder the answer stays or becomes stricter."""
    for profile in trial.profiles:
        for ladder in trial.ladders:
            asked = [(case, trial.ask(case, profile)) for case in ladder.cases]
            for (well, before), (worse, after) in pairwise(asked):
                if _strength(after) < _strength(before):
                    return (
                        f"expected {worse.label} to be answered as strictly as {well.label}, "
                        f"{_said(before)}; found {_said(after)}"
                    )
    return None


def a_stricter_profile_is_never_looser(trial: GuardTrial) -> str | None:
    """Under each profile the answer is at least as strict as under the one before."""
    for case in trial.known:
        asked = [trial.ask(case, profile) for profile in trial.profiles]
        for number, (before, after) in enumerate(pairwise(asked), start=2):
            if _strength(after) < _strength(before):
                return (
                    f"with {case.label}, expected profile {number} to answer as strictly as the "
                    f"one before, {_said(before)}; found {_said(after)}"
                )
    return None


def what_is_unknown_is_never_active(trial: GuardTrial) -> str | None:
    """A number on which its answer rests is missing, NaN or infinite: not ACTIVE, with a reason."""
    for profile in trial.profiles:
        for ladder in trial.ladders:
            if len({_strength(trial.ask(case, profile)) for case in ladder.cases}) == 1:
                continue
            for case in ladder.unknown:
                try:
                    verdict = trial.ask(case, profile)
                except Exception as error:  # noqa: BLE001 - of a user's own, it may raise anything
                    return f"with {case.label}, expected a denial; found {described(error)}"
                if verdict.mode is Mode.ACTIVE:
                    return (
                        f"with {case.label}, expected a denial, since its answer depends on "
                        f"{ladder.what}; found ACTIVE"
                    )
    return None


def a_denial_says_why(trial: GuardTrial) -> str | None:
    """A reason of one line that shows the verdict's value and its limit; none when ACTIVE."""
    for case, _, verdict in trial.verdicts:
        if verdict.mode is Mode.ACTIVE and verdict.reason:
            return f"with {case.label}, expected no reason when ACTIVE; found {verdict.reason!r}"
        if "\n" in verdict.reason:
            return f"with {case.label}, expected a reason of one line; found {verdict.reason!r}"
        for number in (verdict.value, verdict.limit):
            if verdict.mode is not Mode.ACTIVE and not _shows(verdict.reason, number):
                return (
                    f"with {case.label}, expected a reason that shows {number:g}; "
                    f"found {verdict.reason!r}"
                )
    return None


def a_denial_by_a_number_has_its_value_and_its_limit(trial: GuardTrial) -> str | None:
    """Where it denies because a number grew worse, verdicts hold the number and its limit.

    On its own ladders every denial does. On the others one that does is enough: a guard may deny
    some of their accounts for want of another number.
    """
    others = []
    for profile in trial.profiles:
        for ladder in (one for one in trial.ladders if one.is_number):
            answers = [trial.ask(case, profile) for case in ladder.cases]
            denials = [one for one in answers if one.mode is not Mode.ACTIVE]
            bare = [one for one in denials if None in (one.value, one.limit)]
            if bare and any(ladder is one for one in trial.own):
                return f"expected a value and a limit in each denial; found {_said(bare[0])}"
            if answers[0].mode is Mode.ACTIVE:
                others += denials
    if not others or any(None not in (one.value, one.limit) for one in others):
        return None
    return f"expected a value and a limit in its denials; found none in {_said(others[0])}"


def a_denial_ends_in_the_future_or_only_by_a_person(trial: GuardTrial) -> str | None:
    """REDUCING and FLATTEN end at a moment in UTC after the account's; HALTED at none."""
    for case, _, verdict in trial.verdicts:
        if verdict.mode in (Mode.ACTIVE, Mode.HALTED):
            if verdict.until is not None:
                return f"with {case.label}, expected no end of {_said(verdict)}; found one"
        elif verdict.until is None:
            return f"with {case.label}, expected {_said(verdict)} to end at a moment; found none"
        elif verdict.until.utcoffset() != timedelta(0) or verdict.until <= case.account.as_of:
            return (
                f"with {case.label}, expected {_said(verdict)} to end in the future, in UTC; "
                f"found {verdict.until} at {case.account.as_of}"
            )
    return None


def the_same_question_has_the_same_answer_and_changes_nothing(trial: GuardTrial) -> str | None:
    """Asked twice, it says the same, and what it was asked about is as before."""
    before = pickle.dumps(trial.known)  # many times as fast as deepcopy
    for case, profile, verdict in trial.verdicts:
        again = trial.ask(case, profile)
        if again != verdict:
            return f"with {case.label} again, expected {_said(verdict)}; found {_said(again)}"
    as_asked = pickle.loads(before)  # noqa: S301 - written above
    for case, asked in zip(trial.known, as_asked, strict=True):
        if case != asked:
            return f"with {case.label}, expected the account unchanged; found it changed"
    return None


CONTRACTS: tuple[GuardContract, ...] = (
    it_answers_with_a_verdict_of_its_own_name,
    a_healthy_account_is_active,
    something_is_denied,
    worse_is_never_looser,
    a_stricter_profile_is_never_looser,
    what_is_unknown_is_never_active,
    a_denial_says_why,
    a_denial_by_a_number_has_its_value_and_its_limit,
    a_denial_ends_in_the_future_or_only_by_a_person,
    the_same_question_has_the_same_answer_and_changes_nothing,
)
"""Every contract of a guard; without the first, the others are not tried."""


def _strength(verdict: Verdict) -> tuple[int, float]:
    return verdict.mode, -verdict.multiplier


def _shows(reason: str, number: float | None) -> bool:
    return number is None or any(format(number + 0.0, form) in reason for form in FORMS)


def _said(verdict: Verdict) -> str:
    return f"{verdict.mode.name} ({verdict.reason})" if verdict.reason else verdict.mode.name
