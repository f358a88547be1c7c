"""Several bots as one account: one equity, one drawdown, one exposure.

The guards are those of a single account, asked about the sum. What one bot does not tell, or told
too long ago, is not known of the whole: nobody enters then.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import fsum, isfinite

from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Position, Verdict
from plimsoll.risk.denial import recheck_at
from plimsoll.risk.evaluate import Evaluation, evaluate, evaluate_entry, strictest
from plimsoll.risk.guards import GUARDS
from plimsoll.risk.profile import RiskProfile
from plimsoll.risk.trading_day import day_start

RULE = "fleet"
OF_ALL = GUARDS.only(["drawdown", "daily_loss"])
"""The guards that are asked about the sum in every loop."""
OF_ENTRIES = GUARDS.only(["exposure", "open_positions", "portfolio_heat", "correlation"])
"""The guards that are asked about an entry beside the positions of all bots."""
CAPITAL_NOISE = 0.01
"""Share by which two bots may differ about the capital of one account: they do not ask at once."""
CLOCK_TOLERANCE = timedelta(seconds=5)
"""How far another bot's clock may be ahead."""
PAPER, SHARE = "paper of ", "share of "
"""What an account begins with that is nobody's money, and one that no exchange's books tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BotReport:
    """What one bot says of itself after a loop, in the stake currency (USD).

    Attributes
    ----------
    account
        Whose money it is: bots of one account share its capital.
    as_of
        When it looked; timezone-aware, UTC.
    capital_usd
        The account's own money, without what trades have earned; ``None`` when unknown.
    profit_usd
        What this bot's trades have made on it, open ones at their marks; ``None`` when unknown.
    positions
        What it holds; ``None`` when that cannot be seen.
    """

    name: str
    account: str
    as_of: datetime
    capital_usd: float | None
    profit_usd: float | None
    positions: tuple[Position, ...] | None
    mode: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetView:
    """All bots at one moment; ``faults`` say why a figure is not known, and then it is ``None``.

    Attributes
    ----------
    capital_usd
        The part of the equity that no trade has earned.
    bots
        Whose sum it is.
    exact
        Whether the capital moves with transfers on record alone.
    """

    as_of: datetime
    equity_usd: float | None
    positions: tuple[Position, ...] | None
    faults: tuple[str, ...] = ()
    capital_usd: float | None = None
    bots: tuple[str, ...] = ()
    exact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetLevels:
    """What the losses of all bots together are measured from; ``None`` before the first mark.

    Attributes
    ----------
    epoch
        The re-arming that it begins with; empty before the first.
    last_usd
        The last equity: a new high needs two marks in a row.
    capital_usd, bots
        The capital at that mark, and whose: what moves it is neither earned nor lost.
    """

    epoch: str = ""
    day_at: datetime | None = None
    day_usd: float | None = None
    high_usd: float | None = None
    last_usd: float | None = None
    capital_usd: float | None = None
    bots: tuple[str, ...] = ()


def fleet_view(
    names: Sequence[str],
    reports: Mapping[str, BotReport | str],
    now: datetime,
    *,
    max_age_seconds: float,
) -> FleetView:
    """Add up what the bots of a fleet say; of one that could not be read, the reports say why."""
    faults, known = [], []
    for name in names:
        report = reports.get(name, f"{name} has never reported")
        fault = report if isinstance(report, str) else _fault(report, now, max_age_seconds)
        if fault is not None:
            faults.append(fault)
        elif isinstance(report, BotReport):
            known.append(report)
    faults += [*_capital_faults(known), *_paper_faults(known)]
    if faults:
        return FleetView(as_of=now, equity_usd=None, positions=None, faults=tuple(faults))
    capital = {one.account: one.capital_usd or 0.0 for one in known}
    equity = fsum([*capital.values(), *(one.profit_usd or 0.0 for one in known)])
    positions = tuple(position for one in known for position in one.positions or ())
    return FleetView(
        as_of=now,
        equity_usd=equity,
        positions=positions,
        capital_usd=fsum(capital.values()),
        bots=tuple(sorted(names)),
        exact=not any(one.account.startswith((PAPER, SHARE)) for one in known),
    )


def rebased(levels: FleetLevels, view: FleetView) -> FleetLevels:
    """Return levels as if the bots and their capital had always been those of a view.

    Money that is paid in, withdrawn or moved between sub-accounts is neither earned nor lost, and
    a bot that joins or leaves brings no gain and takes no loss with it: what the others had lost
    by the last mark is still lost. As they were where either side is not known.
    """
    equity, capital = view.equity_usd, view.capital_usd
    if equity is None or capital is None or levels.capital_usd is None:
        return levels
    if levels.last_usd is None:
        return levels
    if levels.bots == view.bots:
        by = capital - levels.capital_usd
        if not view.exact and abs(by) <= CAPITAL_NOISE * abs(levels.capital_usd):
            by = 0.0  # what a wallet loses without a trade is lost
    else:
        by = equity - levels.last_usd
    return replace(
        levels,
        day_usd=None if levels.day_usd is None else levels.day_usd + by,
        high_usd=None if levels.high_usd is None else levels.high_usd + by,
        last_usd=levels.last_usd + by,
        capital_usd=capital,
        bots=view.bots,
    )


def joined(
    levels: Iterable[FleetLevels], epoch: str, *, today: datetime | None = None
) -> FleetLevels:
    """Return the strictest of what several bots measure from, since one re-arming.

    A day after ``today`` is of a clock that was ahead: it counts as the start of no day that is
    known, and a day that begins now does not begin lower.
    """
    ours = [one for one in levels if one.epoch == epoch]
    days = [
        (one.day_at, one.day_usd)
        for one in ours
        if one.day_at is not None and one.day_usd is not None
    ]
    latest = max((at for at, _ in days if today is None or at <= today), default=None)
    ahead = [at for at, _ in days if today is not None and at > today]
    starts = [start for at, start in days if at == latest or at in ahead]
    highs = [one.high_usd for one in ours if one.high_usd is not None]
    return FleetLevels(
        epoch=epoch,
        day_at=latest,
        day_usd=max(starts, default=None),
        high_usd=max(highs, default=None),
    )


def followed(levels: FleetLevels, view: FleetView, *, starts_at_hour_utc: int) -> FleetLevels:
    """Return the levels after a look at all bots; as they were where their sum is not known."""
    equity = view.equity_usd
    if equity is None:
        return levels
    day = day_start(view.as_of, starts_at_hour_utc=starts_at_hour_utc)
    if levels.day_at is None or day > levels.day_at:
        # A day that no bot sees begin starts from the last mark: the higher of both is stricter.
        before = equity if levels.last_usd is None else levels.last_usd
        if levels.day_at is None and levels.day_usd is not None:  # of a clock that was ahead
            before = max(before, levels.day_usd)
        levels = replace(levels, day_at=day, day_usd=max(before, equity))
    confirmed = equity if levels.last_usd is None else min(equity, levels.last_usd)
    high = confirmed if levels.high_usd is None else max(levels.high_usd, confirmed)
    return replace(
        levels,
        high_usd=high,
        last_usd=equity,
        capital_usd=view.capital_usd,
        bots=view.bots,
    )


def fleet_snapshot(view: FleetView, levels: FleetLevels) -> AccountSnapshot:
    """Return all bots as the one account that the guards look at."""
    return AccountSnapshot(
        as_of=view.as_of,
        equity_usd=view.equity_usd,
        day_start_equity_usd=levels.day_usd,
        high_water_equity_usd=levels.high_usd,
        sees_open_positions=True,
        positions=view.positions,
    )


def fleet_evaluation(view: FleetView, levels: FleetLevels, profile: RiskProfile) -> Evaluation:
    """Ask the guards about the sum; a bot that is not known denies entries to all."""
    account = fleet_snapshot(view, levels)
    if view.faults:
        until = recheck_at(account, profile)
        reason = f"the fleet is not known: {'; '.join(view.faults)}"
        return Evaluation(view.as_of, (Verdict(Mode.REDUCING, RULE, reason, until),))
    return evaluate(account, profile, OF_ALL)


def fleet_entry(
    request: EntryRequest,
    own: AccountSnapshot,
    others: Sequence[Position],
    evaluation: Evaluation,
    levels: FleetLevels,
    equity_usd: float | None,
    profile: RiskProfile,
    *,
    correlation_with: Callable[[str], float | None],
) -> Verdict:
    """Judge an entry beside the positions of all bots; the verdict's rule is ``fleet``.

    Parameters
    ----------
    request, profile
        What is asked for, and the limits of all bots together.
    own
        The asking bot's account at this moment.
    others
        What the other bots hold.
    evaluation, levels, equity_usd
        What the last look at the fleet found.
    correlation_with
        Returns the correlation of the wanted pair's returns with those of another bot's pair.
    """
    if own.positions is None:
        return _named(Verdict(Mode.REDUCING, RULE, "own positions None", pair=request.pair))
    positions = (*own.positions, *others)
    measured = dict(request.correlations or {})
    for position in others:
        if position.pair != request.pair and position.pair not in measured:
            value = 1.0 if profile.max_correlation >= 1 else correlation_with(position.pair)
            if value is not None:
                measured[position.pair] = value
    view = FleetView(as_of=own.as_of, equity_usd=equity_usd, positions=positions)
    verdict = evaluate_entry(
        replace(request, correlations=measured),
        fleet_snapshot(view, levels),
        profile,
        evaluation=evaluation,
        guards=OF_ENTRIES,
    )
    return _named(verdict)


def halt_of(evaluation: Evaluation) -> Verdict | None:
    """Return the breach that halts every bot; ``None`` without one.

    A loss that would close a single account until its day ends halts a fleet: which bot may go on
    is a person's question.
    """
    breaches = [one for one in evaluation.denials if one.mode >= Mode.FLATTEN]
    return strictest(breaches) if breaches else None


def _named(verdict: Verdict) -> Verdict:
    """Return a verdict as one of the fleet's, which says of which guard it is."""
    if verdict.rule == RULE or verdict.mode is Mode.ACTIVE:
        return verdict
    return replace(verdict, rule=RULE, reason=f"all bots together: {verdict.reason}")


def _fault(report: BotReport, now: datetime, max_age_seconds: float) -> str | None:
    age = now - report.as_of
    if age < -CLOCK_TOLERANCE:
        return f"the clock of {report.name} is {-age.total_seconds():.0f} s ahead"
    if age > timedelta(seconds=max_age_seconds):
        return f"{report.name} has not reported for {age.total_seconds():.0f} s"
    numbers = {"capital": report.capital_usd, "profit": report.profit_usd}
    for words, value in numbers.items():
        if value is None or not isfinite(value):
            return f"the {words} of {report.name} is not known ({value})"
    if report.positions is None:
        return f"the positions of {report.name} are not known"
    if not all(isfinite(one.notional_usd) for one in report.positions):
        return f"a position of {report.name} has no size"
    return None


def _paper_faults(reports: Sequence[BotReport]) -> list[str]:
    """Say that paper money stands beside money: no loss is measured against it."""
    paper = [one.name for one in reports if one.account.startswith(PAPER)]
    if not paper or len(paper) == len(reports):
        return []
    return [f"{', '.join(paper)} trades on paper beside bots with money: their sum is no equity"]


def _capital_faults(reports: Sequence[BotReport]) -> list[str]:
    """Say which bots of one account differ about its capital."""
    faults: list[str] = []
    first: dict[str, BotReport] = {}
    for one in reports:
        other = first.setdefault(one.account, one)
        mine, theirs = one.capital_usd or 0.0, other.capital_usd or 0.0
        if abs(mine - theirs) > CAPITAL_NOISE * max(abs(mine), abs(theirs)):
            faults.append(
                f"{other.name} and {one.name} trade one account and see a capital of "
                f"{theirs:,.2f} and {mine:,.2f} USD"
            )
    return faults
