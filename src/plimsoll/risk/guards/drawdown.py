"""The fall from the high-water mark."""

from plimsoll.core import AccountSnapshot, Mode, Verdict
from plimsoll.risk.denial import (
    active,
    implausible_mark,
    known,
    positive,
    recheck_at,
    rests_on_marks,
    unknown,
)
from plimsoll.risk.profile import RiskProfile

RULE = "drawdown"


def drawdown(account: AccountSnapshot, profile: RiskProfile) -> Verdict:
    """Shrink stakes at the first limit of the drawdown, halt at the second.

    The drawdown is of realised and, where the caller sees it, unrealised equity, as a fraction
    of the high-water mark; one exactly at a limit has reached it.

    Returns
    -------
    REDUCING with the profile's stake multiplier, or HALTED; ACTIVE otherwise.
    """
    peak, now = account.high_water_equity_usd, account.equity_usd
    halt = profile.drawdown_halt_fraction
    if not positive(peak) or not known(now):
        missing = f"equity {now} USD, high-water mark {peak} USD"
        return unknown(RULE, missing, account, profile, limit=halt)
    fall = (peak - now) / peak
    if fall < profile.drawdown_reduce_fraction:
        return active(RULE)
    reached = f"drawdown {fall:.2%} from {peak:.2f} USD to {now:.2f} USD reached its limit"
    if fall < halt:
        limit, left = profile.drawdown_reduce_fraction, profile.drawdown_stake_multiplier
        return Verdict(
            Mode.REDUCING,
            RULE,
            f"{reached} {limit:.2%}: stakes times {left:g}",
            recheck_at(account, profile),
            stake_multiplier=left,
            value=fall,
            limit=limit,
        )
    within = fall < halt * profile.hard_breach_multiple or implausible_mark(account)
    return Verdict(
        Mode.HALTED,
        RULE,
        f"{reached} {halt:.2%}",
        value=fall,
        limit=halt,
        debounced=within and rests_on_marks(account, now, peak * (1 - halt)),
    )
