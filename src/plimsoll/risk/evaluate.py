"""One function for every caller: all guards, the strictest verdict wins."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Verdict
from plimsoll.risk.denial import recheck_at, unknown
from plimsoll.risk.guards import GUARDS, NEEDS, Guards, PairGuard, name_of
from plimsoll.risk.profile import RiskProfile

RULE = "all_guards"
YES = Verdict(Mode.ACTIVE, RULE)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What all guards say of an account at one moment.

    Attributes
    ----------
    as_of
        The moment of the snapshot.
    denials
        Every verdict that is not ACTIVE, in the order of the guards.
    account
        The strictest of those about the whole account.
    pairs
        The strictest for each pair that has one, beside the account's.
    """

    as_of: datetime
    denials: tuple[Verdict, ...] = ()
    account: Verdict = field(init=False)
    pairs: Mapping[str, Verdict] = field(init=False)

    def __post_init__(self) -> None:
        """Find the strictest verdict of the account and of each pair."""
        of: dict[str | None, list[Verdict]] = {}
        for denial in self.denials:
            of.setdefault(denial.pair, []).append(denial)
        object.__setattr__(self, "account", strictest(of.pop(None, ())))
        object.__setattr__(
            self,
            "pairs",
            {pair: strictest(own) for pair, own in of.items() if pair is not None},
        )

    @property
    def mode(self) -> Mode:
        """The mode of the account."""
        return self.account.mode

    def of_pair(self, pair: str) -> Verdict:
        """Return what holds for one pair: the stricter of its own verdict and the account's."""
        own = self.pairs.get(pair)
        return self.account if own is None else strictest((self.account, own))


def strictest(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the strictest verdict; ACTIVE of no rule when there is none.

    The higher mode wins, then the lower stake multiplier, then the later end, then the first.
    """
    best = YES
    for verdict in verdicts:
        if _strength(verdict) > _strength(best):
            best = verdict
    return best


def evaluate(
    account: AccountSnapshot,
    profile: RiskProfile,
    guards: Guards = GUARDS,
    *,
    pairs: Iterable[str] | None = None,
) -> Evaluation:
    """Ask every guard about the account and about each of its pairs, or about ``pairs`` alone.

    A guard that raises, or that cannot be asked because a field it needs is ``None``, counts
    as REDUCING without any new risk: a fault is never a go.

    Raises
    ------
    ValueError
        When there is no guard of an account or a pair: an account without a guard is an error.
    """
    if not guards.account and not guards.pair:
        message = "expected at least one guard of an account or a pair, found none"
        raise ValueError(message)
    denials = _denials(guards.account, (), account, profile)
    seeing = []
    for guard in guards.pair:
        missing = _missing(guard, account)
        if missing:
            text = f"{', '.join(missing)} None"
            denials.append(unknown(name_of(guard), text, account, profile))
        else:
            seeing.append(guard)
    if seeing:
        for pair in account.pairs() if pairs is None else pairs:
            denials += _denials(seeing, (pair,), account, profile, pair)
    return Evaluation(account.as_of, tuple(denials))


def evaluate_entry(
    request: EntryRequest,
    account: AccountSnapshot,
    profile: RiskProfile,
    *,
    evaluation: Evaluation | None = None,
    guards: Guards = GUARDS,
) -> Verdict:
    """Ask every guard about an entry or an addition: of the account, its pair, the request.

    ``evaluation`` is what holds in the caller's loop at this moment, after its latch; without
    it the account is evaluated here. The account's stake multiplier is carried over: the
    verdict allows an entry when its ``multiplier`` is above 0, at that share of the stake.

    Raises
    ------
    ValueError
        When there is no guard of an entry.
    """
    if not guards.entry:
        message = "expected at least one guard of an entry, found none"
        raise ValueError(message)
    if evaluation is None:
        evaluation = evaluate(account, profile, guards)
    pair = request.pair
    verdicts = [evaluation.of_pair(pair)]
    if pair not in account.pairs():
        verdicts += _denials(guards.pair, (pair,), account, profile, pair)
    verdicts += _denials(guards.entry, (request,), account, profile, pair)
    return strictest(verdicts)


def _strength(verdict: Verdict) -> tuple[int, float, float]:
    end = float("inf") if verdict.until is None else verdict.until.timestamp()
    return verdict.mode, -verdict.multiplier, end


def _missing(guard: PairGuard, account: AccountSnapshot) -> list[str]:
    return [name for name in NEEDS.get(name_of(guard), ()) if getattr(account, name) is None]


def _denials(
    guards: Iterable[Callable[..., Any]],
    about: tuple[object, ...],
    account: AccountSnapshot,
    profile: RiskProfile,
    pair: str | None = None,
) -> list[Verdict]:
    """Ask guards ``(*about, account, profile)``; return the verdicts that are not ACTIVE."""
    denials = []
    for guard in guards:
        try:
            verdict = guard(*about, account, profile)
            if not isinstance(verdict, Verdict):
                message = f"expected a Verdict, found {verdict!r}"
                raise TypeError(message)
        except Exception as error:  # noqa: BLE001 - whatever a guard raises, the answer is no
            verdict = _failed(guard, error, account, profile, pair)
        if verdict.mode is not Mode.ACTIVE:
            denials.append(verdict)
    return denials


def _failed(
    guard: Callable[..., Verdict],
    error: Exception,
    account: AccountSnapshot,
    profile: RiskProfile,
    pair: str | None,
) -> Verdict:
    reason = f"guard failed with {type(error).__name__}: {error}"
    until = recheck_at(account, profile)
    return Verdict(Mode.REDUCING, name_of(guard), reason, until, pair=pair)
