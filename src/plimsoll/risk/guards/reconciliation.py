"""The exchange's books against the bot's: breaks between them."""

from math import isfinite

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.core.books import Break
from plimsoll.risk.denial import active, known, positive, recheck_at, unknown
from plimsoll.risk.profile import RiskProfile

RULE = "reconciliation"


def reconciliation(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Deny while the exchange's books and the bot's differ, and halt when that lasts.

    Breaks that are older than the limit count together, over equity; one whose size cannot be
    known is larger than any limit.

    Returns
    -------
    HALTED when lasting breaks are larger than their limit, REDUCING (no new risk) while there is
    any; ACTIVE otherwise.
    """
    limit = profile.max_break_fraction
    if account.breaks is None:
        return unknown(RULE, "breaks None", account, profile, limit=limit)
    if not account.breaks:
        return active(RULE)
    oldest = max(one.age_seconds(account.as_of) for one in account.breaks)
    lasting = [
        one
        for one in account.breaks
        if not one.age_seconds(account.as_of) <= profile.max_break_seconds
    ]
    size = _fraction(lasting, account.equity_usd)
    what = account.breaks[0].text
    if len(account.breaks) > 1:
        what = f"{len(account.breaks)} breaks, the first: {what}"
    longest = profile.max_break_seconds
    if lasting and not size <= limit:
        reason = (
            f"{what}; lasting {oldest:.0f} s (limit {longest:g} s), "
            f"{_share(size)} (limit {limit:.2%})"
        )
        value, bound = (size, limit) if isfinite(size) else (oldest, longest)
        return Verdict(Mode.HALTED, RULE, reason, value=value, limit=bound)
    reason = f"{what}; seen for {oldest:.0f} s (limit {longest:g} s)"
    until = recheck_at(account, profile)
    return Verdict(Mode.REDUCING, RULE, reason, until, value=oldest, limit=longest)


def _share(size: float) -> str:
    return f"{size:.2%} of equity" if isfinite(size) else "an unknown share of equity"


def _fraction(lasting: list[Break], equity_usd: float | None) -> float:
    """Return the size of breaks over equity; infinite where it cannot be known."""
    if not lasting:
        return 0.0
    sizes = [one.size_usd for one in lasting]
    if not all(map(known, sizes)) or not positive(equity_usd):
        return float("inf")
    return sum(abs(size or 0.0) for size in sizes) / equity_usd
